#!/usr/bin/env bash
# Starts a DocumentIngestionWorkflow by upload, asks its status, and shows its history with the
# official Temporal command, as an operator would. Needs a running host (gantry run).
#   examples/hello-world-query-status.sh [TEMPORAL_ADDRESS]
set -euo pipefail
gantry=${GANTRY:-build/release/gantry}
address=${1:-127.0.0.1:7233}
temporal=$(command -v temporal || echo "${GANTRY_CACHE:-$HOME/.cache/gantry}/temporal/bin/temporal")

note=$(mktemp --suffix .md)
trap 'rm -f "$note"' EXIT
printf '# Rate note\n\nChicago, IL to Dallas, TX pays $2,150.00 for load LD-88240.\n' >"$note"
id=$("$gantry" ingest "$note" --wait)
"$gantry" status "$id"
workflow=$("$gantry" status "$id" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["workflow"]["id"])')
"$temporal" workflow query --type get_status --workflow-id "$workflow" --address "$address"
"$temporal" workflow show --workflow-id "$workflow" --address "$address"
