#!/bin/sh
# Makes the namespace where it is missing, then stays, for the operator:
#   docker compose exec admin-tools temporal workflow list
# Runs in the image temporalio/admin-tools. TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE are read by the
# command itself.
set -eu

temporal operator namespace describe >/dev/null 2>&1 ||
  temporal operator namespace create --retention 30d
exec sleep infinity
