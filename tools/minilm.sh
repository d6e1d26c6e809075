#!/usr/bin/env bash
# Puts the language model of host/models together, once per content: our library by cargo, beside it
# ONNX Runtime, the network and its vocabulary as tools/setup.sh fetched them.
#
# Prints the folder on stdout. It lies outside the clone (GANTRY_CACHE, default ~/.cache/gantry) and
# is shared by all clones of this machine.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/install.sh
crate=$PWD/host/models/minilm
parts=$cache/minilm/parts-2

command -v cargo >/dev/null && [ -f "$parts/complete" ] || fail "run tools/setup.sh"

key=$( (echo "$parts"; cat "$crate/Cargo.toml" "$crate/Cargo.lock"; find "$crate/src" -type f | sort | xargs cat; rustc -V) |
  sha256sum | cut -c1-16)
out=$cache/minilm/$key
[ -f "$out/complete" ] && { printf '%s\n' "$out"; exit 0; }

exec 9>"$cache/minilm/lock"
flock 9
[ -f "$out/complete" ] && { printf '%s\n' "$out"; exit 0; }

say "building (about two minutes the first time)"
CARGO_TARGET_DIR=$cache/cargo-minilm cargo build --release --locked --manifest-path "$crate/Cargo.toml" >&2
rm -rf "$out.new"
mkdir -p "$out.new"
cp "$cache/cargo-minilm/release/libgantry_minilm.so" "$out.new/"
cp -l "$parts"/* "$out.new/"
rm -rf "$out"
mv "$out.new" "$out"
printf '%s\n' "$out"
