"""Does what docs/connector-guide.md says (page.py)."""

import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from page import Reader, Shell, blocks_of, environment  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["GANTRY_BUILD_DIR"])
BLOCKS = blocks_of((ROOT / "docs/connector-guide.md").read_text())
FILES = {block.title: block.body for block in BLOCKS if block.title}


class ConnectorGuide(unittest.TestCase):
    def test_every_block_works_as_it_stands(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="gantry-guide-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        (folder / "work").mkdir()
        settings = {"GANTRY_BUILD": str(BUILD), "PREFIX": str(folder / "prefix"),
                    "CXX": os.environ.get("GANTRY_GUIDE_CXX", "clang++-19"),
                    "CC": os.environ.get("GANTRY_GUIDE_CC", "clang-19")}
        if shutil.which("ccache"):
            settings |= {"CCACHE_BASEDIR": str(folder), "CCACHE_NOHASHDIR": "1",
                         "CMAKE_CXX_COMPILER_LAUNCHER": "ccache",
                         "CMAKE_C_COMPILER_LAUNCHER": "ccache"}
        shell = Shell(folder / "work", environment(BUILD, **settings))
        self.addCleanup(shell.close)
        reader = Reader(shell)
        for block in BLOCKS:
            reader.do(block)
        self.assertLessEqual({"cmake", "json", "cpp", "toml", "text"},
                             {block.language for block in BLOCKS})

    def test_the_complete_webhook_connector_has_at_most_60_lines(self):
        self.assertLessEqual(len(FILES["webhook/acme.cpp"].splitlines()), 60)

    def test_every_titled_file_is_used_by_a_command(self):
        commands = "".join(block.body for block in BLOCKS if block.language == "sh")
        for title in FILES:
            self.assertIn(title.split("/")[0], commands, title)


if __name__ == "__main__":
    unittest.main(verbosity=2)
