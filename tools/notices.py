#!/usr/bin/env python3
"""Prints the licences of what is compiled into the programs: Rust crates behind Temporal's Core,
and C++ libraries of which Debian has no shared object. Each text once, under those it covers."""

import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BRIDGE = ROOT / "host" / "temporal" / "bridge" / "Cargo.toml"
HEADERS = ["libboost1.81-dev", "libcli11-dev", "nlohmann-json3-dev", "libtomlplusplus-dev",
           "libvalijson-dev"]
NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE")


def linked_crates():
    """Packages that the bridge is linked with: no build or test tools."""
    metadata = json.loads(subprocess.run(
        ["cargo", "metadata", "--format-version=1", "--locked", "--offline",
         "--manifest-path", str(BRIDGE), "--filter-platform", "x86_64-unknown-linux-gnu"],
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
    return sorted((packages[one] for one in seen), key=lambda p: (p["name"], p["version"]))


def texts_of(crate):
    folder = pathlib.Path(crate["manifest_path"]).parent
    return [path.read_text(errors="replace").strip() for path in sorted(folder.iterdir())
            if path.is_file() and path.name.upper().startswith(NAMES)]


def main():
    covers = collections.defaultdict(list)
    print("What the programs of Gantry contain beside their own code\n")
    for crate in linked_crates():
        name = f"{crate['name']} {crate['version']}"
        print(f"{name}: {crate['license'] or 'see its text'}")
        for text in texts_of(crate):
            covers[text].append(name)
    for package in HEADERS:
        print(f"{package}: see its text")
        covers[pathlib.Path(f"/usr/share/doc/{package}/copyright").read_text().strip()].append(package)
    for text, names in covers.items():
        print("\n" + "=" * 100 + "\n" + ", ".join(names) + "\n" + "-" * 100 + "\n" + text)


if __name__ == "__main__":
    sys.exit(main())
