#!/usr/bin/env bash
# Takes a rollout back step by step, 100 → 50 → 10 → 0, and waits at each step until the workflows
# that ran before it have ended.
#
#   rollback-graceful.sh [--steps "50 10 0"] [--step-time SECONDS] [--step-timeout SECONDS]
#                        [--admin HOST:PORT]...
#
# --step-time is how long a step is held before the next (300 s), --step-timeout how long its
# workflows may take to end (300 s). Steps that are not below the present percentage are left out.
# Exit 0: nothing goes through Temporal, and no ingestion workflow runs. 1: a host did not answer, or
# workflows did not end in time; the percentage stays at that step. 2: wrong usage.
. "$(dirname "$0")/common.sh"

steps="100 50 10 0" step_time=300 step_timeout=300
while [ $# -gt 0 ]; do
  case $1 in
    --help) help ;;
    --admin) hosts+=("$(value "$@")"); shift ;;
    --steps) steps=$(value "$@"); shift ;;
    --step-time) step_time=$(value "$@"); shift ;;
    --step-timeout) step_timeout=$(value "$@"); shift ;;
    *) misuse "unknown option $1" ;;
  esac
  shift
done
is_number "$step_time" && is_number "$step_timeout" || misuse "want whole seconds"
for step in $steps; do is_number "$step" || misuse "--steps: want percentages"; done

now=$(first_host rollout show --json | member percentage)
is_number "${now:-x}" || fail "the host does not say how much goes through Temporal"
say "at $now %"
for step in $steps; do
  [ "$step" -lt "$now" ] || continue
  began=$SECONDS
  # On every host before any waits: they share one queue.
  each_host rollout set "$step" >/dev/null || fail "$step % is not set everywhere"
  first_host rollout set "$step" --drain --timeout "$step_timeout" >/dev/null ||
    fail "stays at $step %"
  now=$step
  say "at $step %, workflows of before ended, after $((SECONDS - began)) s"
  [ "$step" -eq 0 ] || sleep "$step_time"
done
say "done after $SECONDS s"
