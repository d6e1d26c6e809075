#!/usr/bin/env bash
# Moves work between builds of the worker deployment: try a build, make it current, go back.
#
#   rollback-worker.sh status
#   rollback-worker.sh ramp BUILD PERCENTAGE     that share of new workflows starts on BUILD
#   rollback-worker.sh promote BUILD             all new workflows start on BUILD
#   rollback-worker.sh rollback BUILD            as promote, for a build from before; ends a ramp
#
#   --deployment NAME   TEMPORAL_DEPLOYMENT_NAME, else gantry
#   --wait SECONDS      until a worker of BUILD is known (60)
#
# Workers need temporal.versioning = true (TEMPORAL_WORKER_VERSIONING) and builds of their own
# (TEMPORAL_WORKER_BUILD_ID), and both builds must run. Workflows that run end on the build that they
# began on; polls and streams, which never end, move to the current one. A build may be stopped once
# `status` calls it drained. Uses Temporal's own command line (TEMPORAL_CLI, else temporal), which
# takes its address and credentials from TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, ….
# Exit 0: done. 1: the server refused. 2: wrong usage.
. "$(dirname "$0")/common.sh"

deployment=${TEMPORAL_DEPLOYMENT_NAME:-gantry} wait=60
words=()
while [ $# -gt 0 ]; do
  case $1 in
    --help) help ;;
    --deployment) deployment=$(value "$@"); shift ;;
    --wait) wait=$(value "$@"); shift ;;
    -*) misuse "unknown option $1" ;;
    *) words+=("$1") ;;
  esac
  shift
done
is_number "$wait" || misuse "--wait: want whole seconds"
set -- "${words[@]}"

deployments() { "$temporal" worker deployment "$@" --deployment-name "$deployment"; }
known() { deployments describe-version --build-id "$1" >/dev/null 2>&1; }
wait_known() {
  until known "$1"; do
    [ $SECONDS -lt "$wait" ] || fail "no worker of build $1 has reported in $wait s"
    sleep 1
  done
}

case ${1:-} in
  status)
    [ $# -eq 1 ] || misuse "status takes nothing"
    "$temporal" worker deployment describe --name "$deployment"
    ;;
  ramp)
    [ $# -eq 3 ] && is_number "$3" || misuse "want ramp BUILD PERCENTAGE"
    wait_known "$2"
    deployments set-ramping-version --build-id "$2" --percentage "$3" --yes
    ;;
  promote | rollback)
    [ $# -eq 2 ] || misuse "want $1 BUILD"
    wait_known "$2"
    ramping=$("$temporal" worker deployment describe --name "$deployment" -o json |
      member rampingVersionBuildID)
    if [ "$1" = rollback ] && [ -n "$ramping" ] && [ "$ramping" != "$2" ]; then
      # With its build named, the ramp would stay, at 0 %.
      deployments set-ramping-version --delete --yes
    fi
    deployments set-current-version --build-id "$2" --yes
    say "new workflows start on build $2, after $SECONDS s"
    ;;
  *) misuse "want status, ramp, promote or rollback" ;;
esac
