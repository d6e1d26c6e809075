#!/usr/bin/env bash
# Watches a rollout and sets it back as soon as Temporal does worse than the direct path.
#
#   guard.sh [--for SECONDS] [--interval SECONDS] [--to PERCENTAGE] [--admin HOST:PORT]...
#            [-- OPTIONS OF gantry rollout compare]
#
# Looks every 30 s for an hour and sets 0, unless told otherwise. Worse: twice the error rate or five
# times the P99. Who cannot be asked is asked again; that alone stops nothing.
# Exit 0: the time is over, nothing was wrong. 1: the rollout could not be set back. 2: wrong usage.
# 3: the rollout was set back.
. "$(dirname "$0")/common.sh"

time=3600 interval=30 to=0
while [ $# -gt 0 ]; do
  case $1 in
    --help) help ;;
    --admin) hosts+=("$(value "$@")"); shift ;;
    --for) time=$(value "$@"); shift ;;
    --interval) interval=$(value "$@"); shift ;;
    --to) to=$(value "$@"); shift ;;
    --) shift; break ;;
    *) misuse "unknown option $1" ;;
  esac
  shift
done
is_number "$time" && is_number "$interval" && is_number "$to" || misuse "want whole numbers"

while :; do
  if found=$(first_host rollout compare --json "$@"); then :; fi
  verdict=$(member verdict <<<"$found")
  case $verdict in
    bad)
      say "Temporal does worse; setting the rollout to $to %"
      printf '%s\n' "$found"
      each_host rollout set "$to" >&2 || fail "it could not be set back everywhere: set it by hand"
      exit 3
      ;;
    good | too_few) say "$verdict" ;;
    *) say "nobody could be asked; asking again in $interval s" ;;
  esac
  [ $((SECONDS + interval)) -le "$time" ] || break
  sleep "$interval"
done
say "nothing was wrong for $time s"
