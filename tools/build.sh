#!/usr/bin/env bash
# Configures and builds one preset: tools/build.sh dev [target…]. ccache makes a second clone cheap.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=$1
shift

export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
printf 'build: %s\n' "$preset" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
targets=()
[ $# -eq 0 ] || targets=(--target "$@")
cmake --build --preset "$preset" -j "${JOBS:-$(nproc)}" "${targets[@]}"
