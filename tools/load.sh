#!/usr/bin/env bash
# Puts load on Gantry: tools/load.sh [burst|sustained|workers|saga]…, all by default (25 minutes).
#
# Builds the release, runs the scenarios of tests/load against real servers, prints what was claimed
# and what holds, and writes build/load/report.md with its plots and build/load/report.json. Ends with
# 1 where anything was lost, doubled or refused. LOAD_ARGUMENTS goes to tests/load/load.py, e.g.
# "--seconds 60 --rounds 2".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

. tools/install.sh
build=${LOAD_BUILD_DIR:-}  # of a release that was built elsewhere
report=build/load

wanted=("$@")
[ $# -gt 0 ] || wanted=(burst sustained workers saga)
[ -x "$cache/temporal/bin/temporal" ] || fail "the Temporal CLI is missing; run tools/setup.sh"
install_missing gnuplot-nox
case " ${wanted[*]} " in *" workers "*|*" saga "*) tools/test_servers.sh ;; esac
if [ -z "$build" ]; then
  build=$PWD/build/release
  tools/build.sh release gantry frontapp >&2
fi

read -ra arguments <<<"${LOAD_ARGUMENTS:-}"
failed=0
python3 tests/load/load.py "$build" "${wanted[@]}" --report "$report" "${arguments[@]}" || failed=$?
plot() { (cd "$report" && gnuplot -c "$OLDPWD/tests/load/$1.gp" "${@:2}"); }
if [ -f "$report/report.json" ]; then
  shopt -s nullglob
  sizes=("$report"/burst-*-direct.dat)
  sizes=("${sizes[@]##*/burst-}")
  [ ${#sizes[@]} -eq 0 ] || plot latency "${sizes[@]%-direct.dat}"
  [ ! -f "$report/sustained-direct.dat" ] || plot sustained
fi
exit "$failed"
