#!/usr/bin/env bash
# Sets how much goes through Temporal: 0 to 100 per cent of all documents, on every host named.
#
#   set.sh PERCENTAGE [--admin HOST:PORT]...
#
# Without --admin the host is the one of the local configuration. The value stays over restarts.
# Exit 0: set everywhere. 1: a host refused or did not answer. 2: wrong usage.
. "$(dirname "$0")/common.sh"

percentage=
while [ $# -gt 0 ]; do
  case $1 in
    --help) help ;;
    --admin) hosts+=("$(value "$@")"); shift ;;
    -*) misuse "unknown option $1" ;;
    *) [ -z "$percentage" ] || misuse "one percentage only"; percentage=$1 ;;
  esac
  shift
done
is_number "${percentage:-x}" && [ "$percentage" -le 100 ] || misuse "want a percentage, 0 to 100"
each_host rollout set "$percentage"
