"""The pages of docs/ for those who run Gantry, as they stand: each command is run, each output
expected (page.py), on a host and a Temporal server that are real (running_host.py)."""

import ast
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from page import (Reader, Shell, anchor, anchors_of, blocks_of, environment,  # noqa: E402
                  sections_of, without_blocks)
from running_host import BUILD, CLI, ROOT, RunningHost, free_port, wait_until  # noqa: E402
from symptoms import SYMPTOMS, hubspot  # noqa: E402

DOCS = ROOT / "docs"
PAGES = ("operating", "deployment-checklist", "search-attributes", "training", "troubleshooting")
# Have no command, or tests of their own.
ELSEWHERE = {"architecture", "connector-guide", "metrics", "tracing"}


def text_of(page):
    return (DOCS / f"{page}.md").read_text()


def in_package_test():
    """The words of each command that tests/package runs; None where a word is not written out."""
    for call in ast.walk(ast.parse((ROOT / "tests/package/package_test.py").read_text())):
        if isinstance(call, ast.Call):
            yield [one.value if isinstance(one, ast.Constant) else None for one in call.args]


def is_like(words, call):
    return len(words) == len(call) and words[0] == call[0] and all(
        there in (None, here) for there, here in zip(call, words))


class Pages(unittest.TestCase):
    def test_no_page_is_left_out(self):
        self.assertEqual({path.stem for path in DOCS.glob("*.md")}, set(PAGES) | ELSEWHERE)

    def test_what_needs_a_whole_machine_is_run_by_the_package_s_test(self):
        known = list(in_package_test())
        for page in PAGES:
            for block in blocks_of(text_of(page)):
                if block.info != "package":
                    continue
                for line in block.body.splitlines():
                    words = shlex.split(line.partition(" | ")[0])
                    self.assertTrue(any(is_like(words, one) for one in known), f"{page}: {line}")

    def test_every_command_in_the_text_exists_with_its_options(self):
        helps = {}
        for page in PAGES:
            for words in re.findall(r"`gantry ([^`]+)`", without_blocks(text_of(page))):
                command = re.match(r"((?:dlq|plugin|rollout) )?[a-z]+", words)[0]
                if command not in helps:
                    done = subprocess.run([BUILD / "gantry", *command.split(), "--help"],
                                          capture_output=True, text=True, timeout=60)
                    self.assertEqual(done.returncode, 0, f"{page}: gantry {words}")
                    helps[command] = done.stdout
                for option in re.findall(r"--[a-z-]+", words):
                    self.assertIn(option, helps[command], f"{page}: gantry {words}")

    def test_every_link_leads_somewhere(self):
        for path in [*DOCS.glob("*.md"), ROOT / "README.md"]:
            for target in re.findall(r"\]\(([^)\s]+)\)", without_blocks(path.read_text())):
                if "://" in target:
                    continue
                file, _, place = target.partition("#")
                page = (path.parent / file).resolve() if file else path
                self.assertTrue(page.exists(), f"{path.name}: {target}")
                if place:
                    self.assertIn(place, anchors_of(page.read_text()), f"{path.name}: {target}")

    def test_the_architecture_names_every_room(self):
        page = text_of("architecture")
        rooms = {f"host/{path.name}" for path in (ROOT / "host").iterdir() if path.is_dir()}
        self.assertEqual(set(re.findall(r"`(host/\w+)`", page.partition("## The way")[0])), rooms)
        for path in (ROOT / "tests").iterdir():
            if path.is_dir():
                self.assertIn(f"`{path.name}`", page)

    def test_each_alert_leads_to_a_section(self):
        rules = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())
        sections = {anchor(one) for one in sections_of(text_of("troubleshooting"), 3)}
        for group in rules["groups"]:
            for rule in group["rules"]:
                page, _, place = rule["annotations"]["runbook"].partition("#")
                self.assertEqual(page, "docs/troubleshooting.md", rule["alert"])
                self.assertIn(place, sections, rule["alert"])


class OnARunningHost(unittest.TestCase):
    def setUp(self):
        self.it = RunningHost()
        self.addCleanup(self.it.close)

    def read(self, page, **kinds):
        self.it.up()
        with self.it.reader(**kinds) as reader:
            reader.read(text_of(page))

    def test_operating(self):
        self.read("operating")

    def test_deployment_checklist(self):
        # It needs a Prometheus that has watched a whole world for a while: that test has one.
        checked = (HERE / "observability_test.py").read_text()
        self.read("deployment-checklist", **{"sh observability_test": lambda command: (
            self.assertIn(pathlib.Path(command.split()[-1]).name, checked), "")[1]})

    def test_search_attributes(self):
        self.it.secret("hubspot", "of-the-app")
        self.it.conf("50-hubspot.toml", hubspot(free_port()))  # polled, from a vendor that is away
        self.it.up()
        self.it.host.command("ingest", ROOT / "tests/fixtures/documents/encrypted.pdf", "--wait",
                             check=False)
        self.read("search-attributes", filter=self.found_by)

    def found_by(self, filter):
        return "\n".join(wait_until(f"all find the same by {filter}",
                                    lambda: self.it.found(filter.strip()))) + "\n"


class Training(unittest.TestCase):
    """The only host is the one that the page starts."""

    def test_every_exercise(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="gantry-training-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        ports = {"8080": "GANTRY_INGRESS_LISTEN", "8081": "GANTRY_ADMIN_LISTEN",
                 "7233": "GANTRY_ENGINE_PORT", "8233": "GANTRY_ENGINE_UI_PORT",
                 "8078": "TEMPORAL_METRICS_PORT"}
        here, settings = {}, {}
        for port, name in ports.items():
            own = free_port()
            here[f"127.0.0.1:{port}"] = f"127.0.0.1:{own}"
            settings[name] = f"127.0.0.1:{own}" if name.endswith("LISTEN") else str(own)
        here |= {"/usr/share/gantry/rollout": ROOT / "deploy/rollout",
                 "/usr/share/doc/gantry/examples/conf.d": ROOT / "conf.d",
                 "/usr/share/doc/gantry/examples": ROOT / "examples"}
        shell = Shell(folder, environment(f"{BUILD}:{CLI.parent}", **settings))
        self.addCleanup(shell.close)
        Reader(shell, here=here).read(text_of("training"))


class Troubleshooting(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.it = RunningHost()
        cls.addClassCleanup(cls.it.close)
        cls.sections = sections_of(text_of("troubleshooting"), 3)

    def test_every_section_has_a_symptom(self):
        self.assertEqual(list(self.sections), list(SYMPTOMS))

    def see(self, heading):
        self.it.restore()
        with SYMPTOMS[heading](self.it), self.it.reader() as reader:
            reader.read(self.sections[heading])


for number, name in enumerate(SYMPTOMS, 1):
    setattr(Troubleshooting, f"test_{number:02}_{anchor(name)}",
            lambda self, name=name: self.see(name))


if __name__ == "__main__":
    unittest.main(verbosity=2)
