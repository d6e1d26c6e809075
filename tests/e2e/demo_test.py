"""`make demo`'s second part: every source at once, and what landed beside what vendors gave."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["GANTRY_BUILD_DIR"])


class Demo(unittest.TestCase):
    def test_every_source_lands_all_that_its_vendor_gave(self):
        done = subprocess.run([sys.executable, "-B", ROOT / "tools/demo.py", "--build", BUILD,
                               "--patience", "400", "--json"],
                              capture_output=True, text=True, timeout=550)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual(result["differences"], [])
        modules = {path.stem for path in (BUILD / "plugins").glob("*.so")}
        self.assertEqual({row["source"] for row in result["sources"]}, modules)
        for row in result["sources"]:
            self.assertGreater(row["given"], 0, row)
            self.assertEqual(row["landed"], row["given"], row)

    def test_a_build_that_is_not_there_is_named(self):
        done = subprocess.run([sys.executable, "-B", ROOT / "tools/demo.py", "--build", "/nowhere"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nowhere/gantry is not there", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
