#!/usr/bin/env bash
# Runs every libFuzzer target for FUZZ_SECONDS (60) over its corpus: tools/fuzz.sh [target…].
#
# A finding fails the run; its input lies in build/fuzz/findings and belongs into the target's
# corpus once it is fixed. What coverage grew stays in build/fuzz/grown for the next run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
say() { printf 'fuzz: %s\n' "$*" >&2; }

tree=build/fuzz
if [ $# -gt 0 ]; then
  targets=("$@")
else
  cmake --preset fuzz >&2
  mapfile -t targets < <(ninja -C "$tree" -t targets all | sed -n 's/^\([a-z0-9_]*_fuzz\): phony$/\1/p' |
    grep -v '^cmake_' | sort)
fi
[ ${#targets[@]} -gt 0 ] || { say "there are no targets"; exit 1; }
tools/build.sh fuzz "${targets[@]}" >&2

failed=()
for target in "${targets[@]}"; do
  program=$(echo "$tree"/tests/fuzz/*/"$target")
  folder=$(basename "$(dirname "$program")")
  mkdir -p "$tree/grown/$target" "$tree/findings"
  say "$target for ${FUZZ_SECONDS:-60} s"
  "$program" -max_total_time="${FUZZ_SECONDS:-60}" -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="$tree/findings/$target-" -print_final_stats=1 -verbosity=0 \
    "$tree/grown/$target" "tests/fuzz/$folder/corpus" >"$tree/$target.log" 2>&1 ||
    { tail -n 40 "$tree/$target.log" >&2; failed+=("$target"); continue; }
  sed -n 's/^stat::number_of_executed_units: */fuzz: inputs tried: /p' "$tree/$target.log" >&2
done
[ ${#failed[@]} -eq 0 ] || { say "findings in: ${failed[*]} ($tree/findings)"; exit 1; }
say "nothing found in ${#targets[@]} targets"
