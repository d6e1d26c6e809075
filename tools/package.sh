#!/usr/bin/env bash
# Builds the Debian packages from the release build: build/package/*.deb. The same commit gives the
# same bytes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
say() { printf 'package: %s\n' "$*" >&2; }

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
tools/build.sh release product package_files
rm -rf build/package
(cd build/release && cpack --config CPackConfig.cmake -V >../package.log 2>&1) ||
  { tail -20 build/package.log >&2; exit 1; }
rm -rf build/package/_CPack_Packages
for file in build/package/*.deb; do say "$file, $(stat -c %s "$file") bytes"; done
