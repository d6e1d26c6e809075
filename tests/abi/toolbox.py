"""What the ABI tests share: where things are, running a command, a folder that goes away."""

import os
import pathlib
import shutil
import subprocess
import tempfile

SOURCE = pathlib.Path(os.environ["GANTRY_SOURCE_DIR"])
BUILD = pathlib.Path(os.environ["GANTRY_BUILD_DIR"])
CMAKE = os.environ["GANTRY_CMAKE"]
INCLUDE = SOURCE / "plugin-api" / "include"
SDK = SOURCE / "plugin-api" / "sdk"

# Both compilers that plugin-api promises to build with: (name, C, C++).
COMPILERS = [("gcc", "gcc-12", "g++-12"), ("clang", "clang-19", "clang++-19")]


def run(*command, **options):
    """The finished command; a failed one raises with what it printed."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def folder(test):
    """A temporary folder that the test's end removes."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="gantry-abi-"))
    test.addClassCleanup(shutil.rmtree, path)
    return path
