"""The load program in small: that it runs, counts, and writes its report. No time is judged."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
AT_ONCE, RATE, SECONDS = 10, 4, 5


class Small(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="gantry-load-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.done = subprocess.run(
            [sys.executable, "-B", HERE / "load.py", os.environ["GANTRY_BUILD_DIR"], "burst",
             "sustained", "--burst", str(AT_ONCE), "--rounds", "1", "--rate", str(RATE),
             "--seconds", str(SECONDS), "--report", cls.folder],
            capture_output=True, text=True, timeout=500)
        cls.said = cls.done.stdout + cls.done.stderr
        file = cls.folder / "report.json"
        cls.report = json.loads(file.read_text()) if file.exists() else {}

    def columns(self, name):
        lines = (self.folder / name).read_text().splitlines()
        self.assertTrue(lines[0].startswith("# "), lines[0])
        return lines[0].split()[1:], [line.split() for line in lines[1:]]

    def test_nothing_is_lost_doubled_or_refused(self):
        self.assertEqual(self.done.returncode, 0, self.said)
        correct = [one for one in self.report["claims"] if one["correct"]]
        self.assertEqual([one for one in correct if not one["holds"]], [])
        values = {one["name"]: one["value"] for one in correct}
        # Both paths, each with a warm-up.
        self.assertEqual(values["burst of 10: stored, once each"], 4 * AT_ONCE)
        self.assertEqual(values["burst of 10: workflows completed"], 2 * AT_ONCE)
        self.assertEqual(values["sustained, temporal: stored, once each"], RATE * SECONDS)
        self.assertEqual(values["sustained, direct: stored, once each"], RATE * SECONDS // 5)

    def test_every_bar_is_printed(self):
        for one in self.report["claims"]:
            self.assertIn(one["name"], self.done.stdout)
        self.assertIn(f"of {len(self.report['claims'])} bars hold", self.done.stdout)

    def test_the_report_has_both_paths_of_a_burst(self):
        burst, = self.report["bursts"]
        self.assertEqual(burst["size"], AT_ONCE)
        for path in ("temporal", "direct"):
            one, = burst["paths"][path]["rounds"]
            self.assertLessEqual(one["p50"], one["p95"])
            self.assertLessEqual(one["p95"], one["p99"])
            self.assertEqual(one["max"], one["p99"])  # Of ten it is the last.
            names, rows = self.columns(f"burst-{AT_ONCE}-{path}.dat")
            self.assertEqual(names, ["milliseconds", "per_cent"])
            self.assertEqual(len(rows), AT_ONCE)
            self.assertEqual(float(rows[-1][1]), 100)

    def test_the_report_follows_the_sustained_run(self):
        for run in self.report["sustained"]:
            names, rows = self.columns(f"sustained-{run['path']}.dat")
            # What sustained.gp draws by number.
            self.assertEqual((names[0], names[3], names[4], names[10]),
                             ("second", "backlog", "inbox_pending", "landed_per_s"))
            self.assertEqual(len(rows), len(run["samples"]))
            self.assertTrue(rows)
        page = (self.folder / "report.md").read_text()
        for part in ("## Bursts", "## Sustained", "latency.svg", "sustained.svg"):
            self.assertIn(part, page)


if __name__ == "__main__":
    unittest.main(verbosity=2)
