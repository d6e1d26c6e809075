#!/usr/bin/env bash
# Sets the rollout to 10 %, uploads a hundred notes, and counts which of them went through Temporal:
# those whose bucket, SHA-256 of the document's id modulo 100, is below 10. Needs a running host.
#   examples/rollout/test-rollout-10-percent.sh
set -euo pipefail
gantry=${GANTRY:-gantry}

notes=$(mktemp -d)
trap 'rm -rf "$notes"' EXIT
for number in $(seq 100); do
  printf '# Load LD-%s\n\nLate at Joliet.\n' "$number" >"$notes/rollout-$number.md"
done
"$gantry" rollout set 10
"$gantry" ingest --wait --json "$notes"/*.md | python3 -c '
import hashlib, json, sys
documents = json.load(sys.stdin)["documents"]
through = {one["document"] for one in documents if one["path"] == "temporal"}
expected = {one["document"] for one in documents
            if int(hashlib.sha256(one["document"].encode()).hexdigest(), 16) % 100 < 10}
print(f"{len(through)} of {len(documents)} went through Temporal, as their ids say")
sys.exit(through != expected)'
