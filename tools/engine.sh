#!/usr/bin/env bash
# Builds Temporal Core behind our bridge, and its protobuf messages in C++, once per content.
#
# Prints the folder that holds libgantry_bridge.a, libtemporal_protos.a and include/ on stdout.
# The folder is named after everything that went into it, lies outside the clone
# (GANTRY_CACHE, default ~/.cache/gantry), and is shared by all clones of this machine.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bridge=$here/host/temporal/bridge
cache=${GANTRY_CACHE:-$HOME/.cache/gantry}
cxx=${GANTRY_ENGINE_CXX:-clang++-19}

say() { printf 'engine: %s\n' "$*" >&2; }
need() { command -v "$1" >/dev/null || { say "$1 is missing; run tools/setup.sh"; exit 1; }; }
need cargo; need protoc; need "$cxx"; need ninja; need cmake

digest() { sha256sum | cut -c1-16; }
bridge_key=$( (cat "$bridge/Cargo.toml" "$bridge/Cargo.lock"; find "$bridge/src" -type f | sort | xargs cat; rustc -V) | digest)
protos_key=$( (grep -A1 'name = "temporalio-protos"' "$bridge/Cargo.lock"; cat "$here/host/temporal/protos/CMakeLists.txt"; protoc --version; "$cxx" --version | head -n 1) | digest)
out=$cache/engine/$bridge_key-$protos_key
[ -f "$out/complete" ] && { printf '%s\n' "$out"; exit 0; }

mkdir -p "$cache/engine"
exec 9>"$cache/engine.lock"
flock 9
[ -f "$out/complete" ] && { printf '%s\n' "$out"; exit 0; }

work=$out.$$
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

say "Temporal Core: building (a few minutes the first time, then only the bridge)"
CARGO_TARGET_DIR=$cache/cargo cargo build --release --locked --manifest-path "$bridge/Cargo.toml" >&2
cp "$cache/cargo/release/libgantry_bridge.a" "$work/"

protos=$cache/protos/$protos_key
if [ ! -f "$protos/complete" ]; then
  say "Temporal's messages in C++: building (about two minutes)"
  manifest=$(cargo metadata --locked --format-version 1 --manifest-path "$bridge/Cargo.toml" |
    grep -o '"manifest_path":"[^"]*/temporalio-protos-[0-9.]*/Cargo.toml"' | head -n 1 | cut -d'"' -f4)
  rm -rf "$protos.build"
  cmake -G Ninja -S "$here/host/temporal/protos" -B "$protos.build" -DCMAKE_CXX_COMPILER="$cxx" \
    -DCMAKE_BUILD_TYPE=Release -DPROTO_ROOT="$(dirname "$manifest")/protos" >&2
  cmake --build "$protos.build" >&2
  rm -rf "$protos"
  mkdir -p "$protos"
  cp -r "$protos.build/include" "$protos.build/libtemporal_protos.a" "$protos/"
  rm -rf "$protos.build"
  touch "$protos/complete"
fi
# A link: the path of the headers depends on the protos alone, so that a new bridge makes no C++
# source stale.
ln -s "$protos/include" "$work/include"
ln -s "$protos/libtemporal_protos.a" "$work/libtemporal_protos.a"

touch "$work/complete"
rm -rf "$out"
mv "$work" "$out"
printf '%s\n' "$out"
