"""The host under a service manager: this process plays systemd, with a socket and a watchdog."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from gantry_host import GANTRY, Host, front_event, wait_until  # noqa: E402

UNIT = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "systemd" / "gantry.service"
EXPOSURE_MAX = 2.0  # of 10, as systemd-analyze counts; what is left is what a network host does
PATIENCE = 60


class Manager:
    """The manager's end of sd_notify(3)."""

    def __init__(self, address, watchdog_ms=None):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address.replace("@", "\0", 1))
        self.environment = {"NOTIFY_SOCKET": address}
        if watchdog_ms:
            self.environment["WATCHDOG_USEC"] = str(watchdog_ms * 1000)
        self.heard = []

    def hear(self, seconds):
        """The next message, or None."""
        self.socket.settimeout(seconds)
        try:
            self.heard.append(self.socket.recv(4096).decode())
        except (TimeoutError, BlockingIOError):
            return None
        return self.heard[-1]

    def wait_for(self, pattern):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            message = self.hear(1)
            if message is not None and re.search(pattern, message):
                return message
        raise AssertionError(f"never said {pattern}; said {self.heard}")

    def drain(self):
        while self.hear(0) is not None:
            pass

    def close(self):
        self.socket.close()


class UnderAManager(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="gantry-notify-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def host(self, manager, **changes):
        self.addCleanup(manager.close)
        host = Host(**changes)
        self.addCleanup(host.close)
        host.environment |= manager.environment
        return host.start(wait=False)

    def path(self):
        return f"{self.folder}/notify"

    def test_ready_follows_the_open_door_and_the_status_tells_of_temporal(self):
        manager = Manager(self.path())
        host = self.host(manager)
        manager.wait_for("^READY=1$")
        self.assertEqual(manager.heard, ["READY=1"])
        self.assertEqual(host.post(front_event(1)).status, 202)
        status = manager.wait_for("^STATUS=serving")
        self.assertIn(f"Temporal at 127.0.0.1:{host.engine}, 1 source", status)

    def test_a_host_whose_temporal_is_away_is_ready_all_the_same(self):
        manager = Manager(self.path())
        host = self.host(manager, temporal_address="127.0.0.1:1")
        manager.wait_for("^READY=1$")
        self.assertIn("waiting for Temporal", manager.wait_for("^STATUS="))
        self.assertEqual(host.post(front_event(2)).status, 202)

    def test_a_reload_is_announced_with_its_time_and_ended_whether_taken_or_not(self):
        manager = Manager(self.path())
        host = self.host(manager)
        manager.wait_for("^STATUS=serving")
        for text in ("", "nonsense = 1\n"):
            (host.folder / "conf.d" / "60-more.toml").write_text(text)
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            host.process.send_signal(signal.SIGHUP)
            reloading = manager.wait_for("^RELOADING=1\n")
            manager.wait_for("^READY=1$")
            after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            told = int(re.search(r"^MONOTONIC_USEC=(\d+)$", reloading, re.M).group(1))
            self.assertTrue(before <= told <= after, (before, told, after))

    def test_stopping_is_said_before_the_drain(self):
        manager = Manager(self.path(), watchdog_ms=2_000)
        host = self.host(manager)
        manager.wait_for("^STATUS=serving")
        host.process.send_signal(signal.SIGTERM)
        manager.wait_for("^STOPPING=1$")
        self.assertEqual(host.process.wait(PATIENCE), 0)
        manager.drain()
        self.assertIn("STATUS=draining", manager.heard)
        self.assertGreater(manager.heard.index("STATUS=draining"),
                           manager.heard.index("STOPPING=1"))

    def test_the_watchdog_is_fed_only_while_the_host_lives(self):
        manager = Manager(self.path(), watchdog_ms=400)
        host = self.host(manager)
        for _ in range(5):
            manager.wait_for("^WATCHDOG=1$")
        host.process.send_signal(signal.SIGSTOP)
        stat = pathlib.Path(f"/proc/{host.process.pid}/stat")
        wait_until("the host stands still", lambda: stat.read_text().rsplit(")", 1)[1].split()[0] == "T")
        manager.drain()
        self.assertIsNone(manager.hear(2))
        host.process.send_signal(signal.SIGCONT)
        manager.wait_for("^WATCHDOG=1$")

    def test_without_a_watchdog_nobody_is_told_to_watch(self):
        manager = Manager(self.path())
        manager.environment |= {"WATCHDOG_USEC": "400000", "WATCHDOG_PID": "1"}  # another process's
        self.host(manager)
        manager.wait_for("^STATUS=serving")
        self.assertNotIn("WATCHDOG=1", manager.heard)

    def test_children_cannot_speak_for_the_host(self):
        manager = Manager(f"@gantry-{os.getpid()}-{time.monotonic_ns()}", watchdog_ms=10_000)
        host = self.host(manager)
        manager.wait_for("^STATUS=serving")
        engines = [folder for folder in pathlib.Path("/proc").glob("[0-9]*")
                   if self.parent(folder) == host.process.pid]
        self.assertTrue(engines)
        for engine in engines:
            self.assertNotRegex((engine / "environ").read_bytes(), b"NOTIFY_SOCKET|WATCHDOG_")
            # Nor hold its doors: a port stays taken as long as anybody has its socket.
            self.assertEqual(self.sockets(engine) & self.sockets(f"/proc/{host.process.pid}"), set())

    @staticmethod
    def sockets(folder):
        links = set()
        for link in (pathlib.Path(folder) / "fd").iterdir():
            with contextlib.suppress(OSError):
                links.add(os.readlink(link))
        return {link for link in links if link.startswith("socket:")}

    @staticmethod
    def parent(folder):
        with contextlib.suppress(OSError):
            return int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        return None

    def test_a_socket_that_nobody_has_is_said_and_harms_nothing(self):
        host = Host()
        self.addCleanup(host.close)
        host.environment["NOTIFY_SOCKET"] = f"{self.folder}/nobody"
        host.start()
        self.assertIn("service_manager_untold", host.log.read_text())


class Unit(unittest.TestCase):
    def analyze(self, *arguments):
        return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True,
                              timeout=60)

    def test_systemd_finds_no_fault_with_the_unit(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder) / "gantry.service"
            text = UNIT.read_text()
            self.assertIn("ExecStart=/usr/bin/gantry run ", text)
            unit.write_text(text.replace("/usr/bin/gantry", str(GANTRY)))
            done = self.analyze("verify", "--man=no", str(unit))
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_the_unit_is_hardened(self):
        done = self.analyze("security", "--offline=true",
                            f"--threshold={int(EXPOSURE_MAX * 10)}", "--no-pager", str(UNIT))
        self.assertEqual(done.returncode, 0, done.stdout[-400:] + done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
