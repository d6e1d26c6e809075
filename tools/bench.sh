#!/usr/bin/env bash
# Measures Gantry beside its competitors: tools/bench.sh [ingress|worker|documents|flows|samsara|edi|postgres|stores|saga]…, all by default.
#
# Builds the release and the peers, runs each benchmark, prints one table, and writes the rows of
# this run to build/bench/results.json. What the peers need and is missing is
# installed: the Python SDK and Go into the cache (GANTRY_CACHE, default ~/.cache/gantry), Node.js
# from apt. BENCH_ARGUMENTS goes to each benchmark, e.g. "--rounds 5".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

. tools/install.sh
temporalio_version=1.35.0

all=(ingress worker documents flows samsara edi postgres stores saga)
wanted=("$@")
[ $# -gt 0 ] || wanted=("${all[@]}")
for name in "${wanted[@]}"; do
  case $name in
    ingress|worker|documents|flows|samsara|edi|postgres|stores|saga) ;;
    *) fail "$name is no benchmark; there are: ${all[*]}" ;;
  esac
done
wants() { case " ${wanted[*]} " in *" $1 "*) ;; *) return 1 ;; esac; }

need_temporal() {
  [ -x "$cache/temporal/bin/temporal" ] || fail "the Temporal CLI is missing; run tools/setup.sh"
}

need_python() {
  "$cache/bench-python/bin/python" -c "
import sys, temporalio.service
sys.exit(temporalio.service.__version__ != '$temporalio_version')" 2>/dev/null && return
  say "installing the Python SDK $temporalio_version"
  python3 -m venv --clear "$cache/bench-python"
  "$cache/bench-python/bin/pip" install -q --disable-pip-version-check \
    "temporalio==$temporalio_version" >&2 || fail "pip could not install temporalio"
}

targets=()
if wants ingress; then command -v node >/dev/null || install nodejs; targets+=(ingress_server ingress_load); fi
if wants worker; then need_temporal; need_python; need_go; targets+=(worker_bench_ours gantry frontapp); fi
if wants documents; then need_temporal; need_python; targets+=(gantry frontapp); fi
if wants flows; then need_temporal; need_python; targets+=(flows_bench); fi
if wants samsara; then need_temporal; targets+=(samsara_bench gantry samsara frontapp); fi
if wants edi; then need_temporal; targets+=(edi_bench gantry edi frontapp); fi
if wants postgres; then tools/test_servers.sh; targets+=(postgres_bench); fi
if wants stores; then targets+=(stores_bench); fi
if wants saga; then tools/test_servers.sh; targets+=(saga_bench); fi
tools/build.sh release "${targets[@]}" >&2
if wants worker; then
  program=$PWD/build/release/tests/bench/worker/worker_bench_go
  (cd tests/bench/worker/go && "$go" build -mod=readonly -o "$program" .) >&2 ||
    fail "the Go worker does not build"
fi

mkdir -p build/bench
parts=()
read -ra arguments <<<"${BENCH_ARGUMENTS:-}"
for name in "${wanted[@]}"; do
  say "$name"
  part=build/bench/$name.json
  rm -f "$part"
  python3 "tests/bench/$name/bench.py" "$PWD/build/release" --json "$part" "${arguments[@]}" \
    >"build/bench/$name.txt" || fail "$name failed"
  parts+=("$part")
done

python3 - build/bench/results.json "${parts[@]}" <<'PYTHON'
import json
import pathlib
import sys

rows = [row for part in sys.argv[2:] for row in json.loads(pathlib.Path(part).read_text())]
pathlib.Path(sys.argv[1]).write_text(json.dumps(rows, indent=1) + "\n")


def cell(value):
    return "-" if value is None else f"{value:.2f}" if isinstance(value, (int, float)) else value


names = max(len(row["name"]) for row in rows)
print(f"{'':{names}} {'ours':>10} {'peer':>10} {'ratio':>7}  bar")
for row in rows:
    bar = "" if row["bar"] is None else f"{cell(row['bar'])}: {'holds' if row['holds'] else 'FAILS'}"
    print(f"{row['name']:{names}} {cell(row['ours']):>10} {cell(row['peer']):>10} "
          f"{cell(row['ratio']):>7}  {bar}".rstrip())
barred = [row for row in rows if row["bar"] is not None]
print(f"{sum(row['holds'] for row in barred)} of {len(barred)} bars hold; {sys.argv[1]}")
PYTHON
