#!/usr/bin/env bash
# Builds and passes every test: all under ASan+UBSan, the threaded ones again under TSan.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
say() { printf 'test: %s\n' "$*" >&2; }

started=$SECONDS
say "1/3 building (dev: AddressSanitizer, UndefinedBehaviorSanitizer)"
tools/build.sh dev
say "2/3 running"
ctest --preset dev -j 2
say "3/3 threaded parts under ThreadSanitizer"
tools/build.sh tsan tsan_tests
ctest --preset tsan -L tsan -j 2
say "all passed in $((SECONDS - started)) s"
