#!/usr/bin/env bash
# Signs Front's sample and posts it three times: a new delivery, a duplicate, a tampered one (401).
# Needs a running host with a source named frontapp.
set -euo pipefail
gantry=${GANTRY:-build/release/gantry}
sample=$(dirname "${BASH_SOURCE[0]}")/front-inbound.json

"$gantry" send frontapp "$sample"
"$gantry" send frontapp "$sample"
"$gantry" send frontapp "$sample" --tamper
"$gantry" status frontapp/evt_7h2k9q --wait
"$gantry" search "detention joliet"
