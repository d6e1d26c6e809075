#!/usr/bin/env bash
# Compares error rate and P99 of both paths.
#
#   compare.sh [--prometheus URL] [--window 15m] [--samples N] [--json] [--admin HOST:PORT]
#
# With a Prometheus: of all hosts over the window; else of one host since it began.
# Exit 0: Temporal does no worse, or too few documents ended to say. 1: twice the error rate or five
# times the P99 of the direct path, or nobody could be asked. 2: wrong usage.
. "$(dirname "$0")/common.sh"

[ "${1:-}" = --help ] && help
exec "$gantry" rollout compare "$@"
