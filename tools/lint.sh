#!/usr/bin/env bash
# Fails on code that clang-format would change or clang-tidy warns about.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mapfile -t ours < <(git ls-files '*.cpp' '*.hpp' '*.h' '*.c')
clang-format-19 --dry-run --Werror "${ours[@]}"
printf 'lint: %d files are formatted\n' "${#ours[@]}" >&2

cmake --preset dev >/dev/null
mapfile -t sources < <(git ls-files 'host/*.cpp' 'plugins/*.cpp')
run-clang-tidy-19 -quiet -p build/dev -j "${JOBS:-$(nproc)}" "${sources[@]/#/$PWD/}" >build/tidy.log 2>&1 ||
  { grep -E 'warning:|error:' build/tidy.log | sort -u >&2; exit 1; }
printf 'lint: clang-tidy is content with %d sources\n' "${#sources[@]}" >&2
