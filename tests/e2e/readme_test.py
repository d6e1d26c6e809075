"""Runs the commands of the README as they stand there."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from gantry_host import BUILD, free_port  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)
# `&` needs a moment before the next command may count on the host: what a user would do by eye.
READY = """
for _ in $(seq 600); do
  curl -fsS "http://$GANTRY_ADMIN_LISTEN/readyz" >/dev/null 2>&1 && break; sleep 0.1
done
"""


class Readme(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gantry-readme-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        for name in ("conf.d", "examples"):
            shutil.copytree(ROOT / name, self.folder / name)
        shutil.copy(ROOT / "README.md", self.folder)
        (self.folder / "build").mkdir()
        (self.folder / "build/release").symlink_to(BUILD)
        self.environment = {
            **os.environ, "HOME": str(self.folder), "NO_COLOR": "1",
            "GANTRY_CACHE": os.environ.get("GANTRY_CACHE",
                                           str(pathlib.Path.home() / ".cache/gantry")),
            "GANTRY_INGRESS_LISTEN": f"127.0.0.1:{free_port()}",
            "GANTRY_ADMIN_LISTEN": f"127.0.0.1:{free_port()}",
            "GANTRY_ENGINE_PORT": str(free_port()), "GANTRY_ENGINE_UI_PORT": "0",
            "TEMPORAL_METRICS_PORT": str(free_port())}
        self.blocks = BLOCK.findall((ROOT / "README.md").read_text())

    def block(self, word):
        found = [b for b in self.blocks if word in b]
        self.assertEqual(len(found), 1, f"one block of the README has {word!r}")
        return found[0]

    def run_block(self, text):
        # A host that the block leaves in the background ends with the script.
        script = "set -e\ntrap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n" + re.sub(
            r"run &.*", "run >gantry.out 2>gantry.log &" + READY, text)
        done = subprocess.run(["bash", "-c", script], cwd=self.folder, env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_the_tour_by_hand_shows_a_stored_and_found_delivery(self):
        output = self.run_block(self.block("gantry search"))
        self.assertIn("completed", output)
        self.assertIn("frontapp:message:msg_8c1", output)
        self.assertIn("upload:file:README.md", output)

    def test_a_connector_is_built_from_the_template_and_inspected(self):
        output = self.run_block(self.block("plugin inspect"))
        self.assertIn("gantry.webhook/1", output)

    def test_every_command_of_the_help_is_one_that_exists(self):
        text = (ROOT / "README.md").read_text()
        named = set(re.findall(r"\bgantry ([a-z]+)\b(?!-)", text)) - {"run"}
        for command in sorted(named & {"check", "demo", "dlq", "doctor", "hello", "ingest", "plugin", "reconcile",
                                       "reembed", "rollout", "search", "send", "sources", "status", "version",
                                       "workflows"}):
            done = subprocess.run([BUILD / "gantry", command, "--help"], capture_output=True,
                                  text=True, timeout=60)
            self.assertEqual(done.returncode, 0, command)


if __name__ == "__main__":
    unittest.main(verbosity=2)
