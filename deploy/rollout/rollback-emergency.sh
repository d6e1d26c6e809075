#!/usr/bin/env bash
# Sends everything the direct way, at once.
#
#   rollback-emergency.sh [--admin HOST:PORT]...
#
# New documents no longer go through Temporal from the moment this returns; workflows that run go on
# and do no harm: whoever writes a document twice writes it once.
# Exit 0: done on every host. 1: a host did not answer: stop it, or set TEMPORAL_ROLLOUT=0 and start it
# again. 2: wrong usage.
. "$(dirname "$0")/common.sh"

while [ $# -gt 0 ]; do
  case $1 in
    --help) help ;;
    --admin) hosts+=("$(value "$@")"); shift ;;
    *) misuse "unknown option $1" ;;
  esac
  shift
done
each_host rollout set 0 || fail "not every host takes the direct path"
say "everything takes the direct path, after $SECONDS s"
