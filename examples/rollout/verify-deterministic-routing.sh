#!/usr/bin/env bash
# Uploads one note at 1 %, 10 %, 50 % and 100 %, twice each: at one percentage a document always takes the
# same path, and no higher one takes it back from Temporal. Needs a running host; sets its rollout back.
#   examples/rollout/verify-deterministic-routing.sh [NAME]
set -euo pipefail
gantry=${GANTRY:-gantry}

before=$("$gantry" rollout show --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["percentage"])')
folder=$(mktemp -d)
trap 'rm -rf "$folder"; "$gantry" rollout set "$before" >/dev/null' EXIT
note=$folder/${1:-routing}.md
path() {  # Another text is another version, and is not answered from what was stored.
  printf '# Load LD-88231, try %s\n' "$1" >"$note"
  "$gantry" ingest --wait --json "$note" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["documents"][0]["path"])'
}

last=direct
for percentage in 1 10 50 100; do
  "$gantry" rollout set "$percentage" >/dev/null
  first=$(path "$percentage a") again=$(path "$percentage b")
  echo "at $percentage %: $first, again: $again"
  [ "$first" = "$again" ] || exit 1
  [ "$last" = direct ] || [ "$first" = temporal ] || exit 1
  last=$first
done
[ "$last" = temporal ]
