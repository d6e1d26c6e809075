#!/usr/bin/env bash
# Greets through GreetingWorkflow: a worker, one retried activity, a complete history.
#   examples/hello-world.sh [NAME]
set -euo pipefail
gantry=${GANTRY:-build/release/gantry}

"$gantry" hello "${1:-World}"
