#!/usr/bin/env bash
# Records a finished run as a history that tests/replay keeps true from then on.
#   tests/replay/record.sh NAME WORKFLOW_ID [temporal options, e.g. --address 127.0.0.1:7233]
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,3p' "$0" >&2; exit 2; }
name=$1 id=$2
shift 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
temporal=$(command -v temporal || echo "${GANTRY_CACHE:-$HOME/.cache/gantry}/temporal/bin/temporal")
"$temporal" workflow show --workflow-id "$id" --output json "$@" >"$here/histories/$name.json"
printf 'recorded %s\n' "histories/$name.json" >&2
