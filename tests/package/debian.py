"""A Debian 12 in a folder of its own, booted with systemd by systemd-nspawn, without a network."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time


def wait_until(what, probe, seconds=120):
    deadline = time.monotonic() + seconds
    while not (answer := probe()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}; last answer: {answer!r}")
        time.sleep(0.2)
    return answer


class Debian:
    def __init__(self, tarball):
        self.tree = pathlib.Path(tempfile.mkdtemp(prefix="gantry-debian-"))
        self.nspawn = None
        self.first = None
        subprocess.run(["tar", "-C", self.tree, "-xf", tarball], check=True)

    def chroot(self, *command):
        """Before the boot, with the machine's network: for apt."""
        return self._run(["chroot", self.tree, *command])

    def run(self, *command, check=True):
        """Inside the booted one."""
        return self._run(["nsenter", "--target", str(self.first), "--mount", "--uts", "--ipc",
                          "--net", "--pid", f"--root=/proc/{self.first}/root", "--wd=/", *command], check)

    @staticmethod
    def _run(command, check=True):
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, cwd="/",
                              stdin=subprocess.DEVNULL, env={
                                  "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                  "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8",
                                  "HOME": "/root"})
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout[-3000:]}\n"
                                 f"{done.stderr[-3000:]}")
        return done

    def boot(self):
        with open(self.tree / "boot.log", "wb") as log:
            self.nspawn = subprocess.Popen(
                ["systemd-nspawn", "--quiet", f"--directory={self.tree}", "--boot", "--register=no",
                 "--keep-unit", "--private-network", "--console=pipe"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def leader():
            if self.nspawn.poll() is not None:
                raise AssertionError("systemd-nspawn cannot boot here:\n" + self.console())
            children = pathlib.Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children")
            for child in children.read_text().split():
                if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                    return int(child)
            return None
        self.first = wait_until("systemd-nspawn starts systemd", leader)
        wait_until("systemd has booted", lambda: self.run(
            "systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded"))

    def console(self):
        return (self.tree / "boot.log").read_text(errors="replace")[-3000:]

    def close(self):
        if self.nspawn is not None and self.nspawn.poll() is None:
            self.nspawn.terminate()  # powers it off
            try:
                self.nspawn.wait(90)
            except subprocess.TimeoutExpired:
                self.nspawn.kill()
                self.nspawn.wait()
        shutil.rmtree(self.tree, ignore_errors=True)
