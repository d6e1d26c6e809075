"""Does what docs/connector-guide.md says: writes its files, runs its commands, expects its output.

A block with a title is a file; `sh` is run; `text` without a title must be in the output of the
command before it, line by line. Any other block fails: nothing on that page goes untested.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["GANTRY_BUILD_DIR"])
GUIDE = ROOT / "docs" / "connector-guide.md"
BLOCK = re.compile(r'^```(\w*)(?: title="([^"]+)")?\n(.*?)^```$', re.M | re.S)


class ConnectorGuide(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gantry-guide-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "work").mkdir()
        self.environment = {
            **os.environ,
            "PATH": f"{BUILD}:{os.environ['PATH']}",
            "GANTRY_BUILD": str(BUILD),
            "PREFIX": str(self.folder / "prefix"),
            "CXX": os.environ.get("GANTRY_GUIDE_CXX", "clang++-19"),
            "CC": os.environ.get("GANTRY_GUIDE_CC", "clang-19"),
            "NO_COLOR": "1",
        }
        if shutil.which("ccache"):
            self.environment |= {"CCACHE_BASEDIR": str(self.folder), "CCACHE_NOHASHDIR": "1",
                                 "CMAKE_CXX_COMPILER_LAUNCHER": "ccache",
                                 "CMAKE_C_COMPILER_LAUNCHER": "ccache"}

    def sh(self, commands):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], text=True,
                              cwd=self.folder / "work", env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, f"\n{commands}\n{done.stdout}")
        return done.stdout

    def test_every_block_works_as_it_stands(self):
        output = None
        kinds = set()
        for language, title, body in BLOCK.findall(GUIDE.read_text()):
            if title:
                path = self.folder / "work" / title
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(body)
                kinds.add(language)
            elif language == "sh":
                output = self.sh(body)
            elif language == "text":
                self.assertIsNotNone(output, body)
                for line in body.splitlines():
                    self.assertIn(line, output)
            else:
                self.fail(f"a block of kind {language!r} that nothing tests:\n{body}")
        self.assertLessEqual({"cmake", "json", "cpp", "toml", "text"}, kinds)

    def test_no_block_escapes_the_pattern(self):
        text = GUIDE.read_text()
        self.assertEqual(len(re.findall(r"^```", text, re.M)), 2 * len(BLOCK.findall(text)))

    def test_the_complete_webhook_connector_has_at_most_60_lines(self):
        files = {title: body for _, title, body in BLOCK.findall(GUIDE.read_text())}
        self.assertLessEqual(len(files["webhook/acme.cpp"].splitlines()), 60)

    def test_every_titled_file_is_used_by_a_command(self):
        blocks = BLOCK.findall(GUIDE.read_text())
        commands = "".join(body for language, title, body in blocks if language == "sh")
        for _, title, _ in blocks:
            if title:
                self.assertIn(title.split("/")[0], commands, title)


if __name__ == "__main__":
    unittest.main(verbosity=2)
