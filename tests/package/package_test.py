"""The Debian packages: judged by lintian, then lived with in a Debian of their own (tools/package_test.sh)."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from debian import Debian, wait_until  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = pathlib.Path(os.environ["GANTRY_PACKAGES"])
HOST, = PACKAGES.glob("gantry_*.deb")
PLUGIN_API, = PACKAGES.glob("gantry-plugin-api_*.deb")


def run(*command, check=True, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="gantry-deb-"))
        for package in (HOST, PLUGIN_API):
            run("dpkg-deb", "-x", package, cls.folder)
        (cls.folder / "home").mkdir()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_lintian_finds_no_error(self):
        done = run("lintian", "--allow-root", "--fail-on", "error", "--tag-display-limit", "0", HOST, PLUGIN_API,
                   check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_same_commit_gives_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as again:
            run("cpack", "--config", ROOT / "build/release/CPackConfig.cmake", "-B", again,
                "-D", f"CPACK_OUTPUT_FILE_PREFIX={again}", cwd=ROOT / "build/release",
                env={**os.environ, "SOURCE_DATE_EPOCH": run(
                    "git", "-C", ROOT, "log", "-1", "--format=%ct").stdout.strip()})
            for package in (HOST, PLUGIN_API):
                self.assertEqual((pathlib.Path(again) / package.name).read_bytes() == package.read_bytes(),
                                 True, package.name)

    def test_the_man_page_is_sound(self):
        page = self.folder / "usr/share/man/man1/gantry.1.gz"
        done = run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", page, env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.assertEqual(done.stderr, "")
        self.assertIn("gantry plugin check", done.stdout)

    def test_bash_completes(self):
        script = self.folder / "usr/share/bash-completion/completions/gantry"
        for line, expected in (("gantry dl", "dlq"), ("gantry dlq re", "retry resolve"),
                               ("gantry dlq retry --a", "--all --admin"), ("gantry search --limit ", ""),
                               ("gantry ingest boo", "boot.toml")):
            with tempfile.TemporaryDirectory() as folder:
                (pathlib.Path(folder) / "boot.toml").touch()
                done = run("bash", "-c", 'source "$1"; read -ra COMP_WORDS <<<"$2"; case $2 in *" ") '
                           'COMP_WORDS+=("");; esac; COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _gantry; '
                           'echo "${COMPREPLY[*]}"', "bash", script, line, cwd=folder)
            self.assertEqual(done.stdout.strip(), expected, line)

    def test_fish_completes(self):
        script = self.folder / "usr/share/fish/vendor_completions.d/gantry.fish"
        for line, expected in (("gantry dl", ["dlq"]), ("gantry dlq re", ["resolve", "retry"]),
                               ("gantry dlq retry --a", ["--admin", "--all"]), ("gantry search --limit ", [])):
            done = run("fish", "--no-config", "-c", f"source {script}; complete -C '{line}'",
                       env={**os.environ, "HOME": str(self.folder / "home")})
            self.assertEqual([row.split("\t")[0] for row in done.stdout.splitlines()], expected, line)

    def test_zsh_takes_its_completion(self):
        script = self.folder / "usr/share/zsh/vendor-completions/_gantry"
        self.assertTrue(script.read_text().startswith("#compdef gantry\n"))
        run("zsh", "-n", script)

    def test_a_connector_is_built_against_the_installed_headers_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            source = self.folder / "usr/share/gantry/template/cpp"
            run("cmake", "-S", source, "-B", folder, f"-DCMAKE_PREFIX_PATH={self.folder}/usr")
            run("cmake", "--build", folder)
            self.assertTrue(list(pathlib.Path(folder).glob("*.so")))


class Life(unittest.TestCase):
    """In the order of the names: what is installed first is removed last."""

    @classmethod
    def setUpClass(cls):
        cls.debian = Debian(os.environ["GANTRY_DEBIAN"])
        cls.addClassCleanup(cls.debian.close)
        tree = cls.debian.tree
        shutil.copy(HOST, tree)
        shutil.copy(PLUGIN_API, tree)
        shutil.copy("/etc/resolv.conf", tree / "etc/resolv.conf")
        cls.debian.chroot("apt-get", "update", "-q")
        cls.debian.chroot("apt-get", "install", "-qy", "--no-install-recommends", "man-db",
                          f"/{HOST.name}", f"/{PLUGIN_API.name}")
        cls.debian.boot()

    def gantry(self, *arguments, check=True):
        return self.debian.run("gantry", *arguments, check=check)

    def unit(self, name):
        return self.debian.run("systemctl", "show", "--value", "-p", name, "gantry").stdout.strip()

    def test_1_nothing_runs_before_it_is_asked_to(self):
        self.assertEqual(self.unit("ActiveState"), "inactive")
        self.assertEqual(self.unit("UnitFileState"), "disabled")
        state = self.debian.tree / "var/lib/gantry"
        self.assertEqual(oct(state.stat().st_mode & 0o777), "0o700")

    def test_2_it_runs_and_knows_its_parts(self):
        self.assertIn("plugin abi", self.gantry("version").stdout)
        self.assertIn("50-stripe.toml.example", self.debian.run(
            "ls", "/usr/share/doc/gantry/examples/conf.d").stdout)
        explained = self.gantry("check", "--explain").stdout
        self.assertRegex(explained, r"state_dir\s+/var/lib/gantry\s+/etc/gantry/conf.d/00-host.toml")
        self.assertRegex(explained, r"plugin_dir\s+/usr/lib/gantry/plugins")
        self.assertRegex(explained, r"embedding.embedder\s+auto -> minilm")
        notices = self.debian.run("zcat", "/usr/share/doc/gantry/third-party-notices.gz").stdout
        for part in ("temporalio-sdk-core", "tokenizers", "all-MiniLM-L6-v2"):
            self.assertIn(part, notices)
        for plugin in ("csv", "edi", "frontapp", "hubspot", "plaid", "quickbooks", "samsara", "sonar",
                       "stripe", "turvo"):
            told = json.loads(self.gantry("plugin", "inspect", "--json",
                                          f"/usr/lib/gantry/plugins/{plugin}.so").stdout)
            self.assertEqual((told["id"], told["from_note"]), (plugin, True))

    def test_3_doctor_says_how_to_get_an_engine(self):
        done = self.gantry("doctor", check=False)
        self.assertEqual(done.returncode, 1)
        row, = [line for line in done.stdout.splitlines() if "temporal engine" in line]
        self.assertIn("https://docs.temporal.io/cli", row)
        self.assertIn("TEMPORAL_HOST", row)
        failed = [line for line in done.stdout.splitlines() if line.startswith(("FAIL", "✗"))]
        self.assertEqual(failed, [row])

    def test_4_with_an_engine_the_demo_shows_the_main_job(self):
        shutil.copy(os.environ["GANTRY_TEMPORAL"], self.debian.tree / "usr/local/bin/temporal")
        self.assertEqual(self.gantry("doctor").returncode, 0)
        shown = self.gantry("demo").stdout
        for expected in ('"duplicate":true', "401", "completed", "msg_1001  Late at Joliet"):
            self.assertIn(expected, shown)

    def test_5_systemd_runs_it_and_a_document_lands(self):
        self.debian.run("systemctl", "enable", "--now", "gantry")
        wait_until("it serves", lambda: self.unit("StatusText").startswith("serving"))
        shutil.copy(ROOT / "tests/fixtures/documents/rate_confirmation.pdf", self.debian.tree / "rate.pdf")
        self.gantry("ingest", "/rate.pdf", "--wait")  # by the PDF reader, inside the unit's confines
        self.assertIn("upload:file:rate.pdf", self.gantry("search", "detention hour", "--json").stdout)
        status = self.debian.run("cat", f"/proc/{self.unit('MainPID')}/status").stdout
        self.assertRegex(status, r"CapEff:\s+0+\n")
        self.assertRegex(status, r"NoNewPrivs:\s+1\n")
        self.assertRegex(status, r"Seccomp:\s+2\n")
        self.assertNotRegex(status, r"Uid:\s+0\s")
        journal = self.debian.run("journalctl", "-u", "gantry", "-o", "cat").stdout
        self.assertNotRegex(journal, r'"level":"(warn|error)"')

    def test_6_a_reload_is_waited_for(self):
        (self.debian.tree / "etc/gantry/conf.d/60-note.toml").write_text("log.level = \"debug\"\n")
        self.debian.run("systemctl", "reload", "gantry")
        wait_until("the journal says so", lambda: '"event":"reloaded"' in self.debian.run(
            "journalctl", "-u", "gantry", "-o", "cat").stdout)
        (self.debian.tree / "etc/gantry/conf.d/60-note.toml").unlink()
        self.assertEqual(self.unit("ActiveState"), "active")

    def test_7_a_host_that_stands_still_is_started_again(self):
        before = self.unit("MainPID")
        self.debian.run("sh", "-c", f"kill -STOP {before}")
        wait_until("systemd's watchdog bites", lambda: self.unit("NRestarts") == "1", 180)
        wait_until("it serves again", lambda: self.unit("StatusText").startswith("serving"))
        self.assertNotEqual(self.unit("MainPID"), before)
        self.assertIn("upload:file:rate.pdf", self.gantry("search", "detention hour", "--json").stdout)

    def test_8_an_upgrade_goes_on(self):
        before = self.unit("MainPID")
        self.debian.run("dpkg", "-i", f"/{HOST.name}")
        wait_until("it serves again", lambda: self.unit("StatusText").startswith("serving"))
        self.assertNotEqual(self.unit("MainPID"), before)

    def test_9_a_removal_leaves_configuration_and_state_and_a_purge_nothing(self):
        files = [line for package in ("gantry", "gantry-plugin-api")
                 for line in self.debian.run("dpkg", "-L", package).stdout.splitlines()]
        tree = self.debian.tree
        self.debian.run("systemctl", "stop", "gantry")
        self.assertEqual(self.unit("Result"), "success")
        self.debian.run("dpkg", "-r", "gantry", "gantry-plugin-api")
        left = [name for name in files if (tree / name.lstrip("/")).is_file()]
        self.assertEqual(sorted(left), sorted(
            (ROOT / "deploy/debian/conffiles").read_text().split()))
        self.assertEqual(self.traces(), ["/etc/gantry", "/var/lib/gantry"])
        self.assertTrue(list((tree / "var/lib/gantry").iterdir()))
        self.debian.run("dpkg", "-P", "gantry", "gantry-plugin-api")
        self.assertEqual(self.traces(), [])

    def traces(self):
        """Paths that bear the name, beside logs and what dpkg and this test keep."""
        found = self.debian.run("find", "/etc", "/usr", "/var", "/opt", "/lib/systemd", "/root", "-name", "*gantry*",
                                "-prune").stdout.split()
        return sorted(path for path in found if not path.startswith(("/var/lib/dpkg/", "/var/log/",
                                                                     "/var/cache/")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
