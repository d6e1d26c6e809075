#!/usr/bin/env bash
# Shows both paths as they go: ends, error rate, P50 and P99. Ctrl-C ends it.
#
#   monitor.sh [--interval SECONDS] [--rounds N] [--json] [--admin HOST:PORT]
#
# Exit 0: ended as asked. 1: the host does not answer. 2: wrong usage.
. "$(dirname "$0")/common.sh"

[ "${1:-}" = --help ] && help
exec "$gantry" rollout watch "$@"
