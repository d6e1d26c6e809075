"""What the servers of this folder have in common: a folder, a free port, and processes to end.

Run as a program, each serves one test process: it prints one line of JSON that says where the
server is, once that answers, then obeys one word per line of standard input and answers "ok": kill
(SIGKILL, as a crash), start (the same port, the same data), freeze and thaw (SIGSTOP and SIGCONT: a
server that hangs). It ends with its standard input, and the server with it.
"""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

CACHE = pathlib.Path(os.environ.get("GANTRY_CACHE", pathlib.Path.home() / ".cache/gantry"))


def free_port():
    """One below the range that the kernel serves outgoing connections from: a server that is killed
    finds it free again."""
    while True:
        port = random.randrange(15_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Server:
    """A subclass's start() calls launch(); its own __init__ does so inside of beginning()."""

    def __init__(self, name):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"gantry-{name}-"))
        self.port = free_port()
        self.process = None

    @contextlib.contextmanager
    def beginning(self):
        """What fails in here leaves nothing behind."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    def launch(self, command, ready, patience=60):
        """Starts `command` and asks ready() until it is true."""
        with open(self.folder / "log", "ab") as log:
            try:
                self.process = subprocess.Popen(
                    list(map(str, command)), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                    stderr=log)
            except FileNotFoundError as missing:
                raise SystemExit(f"{missing.filename} is not installed; run tools/test_servers.sh")
        until = time.monotonic() + patience
        while not ready():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("does not start: " + (self.folder / "log").read_text()[-2000:])
            time.sleep(0.02)

    def processes(self):
        """The server's own: the first is the parent of the others."""
        found = [self.process.pid]
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == self.process.pid:
                found.append(int(stat.parent.name))
        return found

    def signal_all(self, number):
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def freeze(self):
        self.signal_all(signal.SIGSTOP)

    def thaw(self):
        self.signal_all(signal.SIGCONT)

    def kill(self, patience=60):
        self.process.send_signal(signal.SIGSTOP)  # It must not fork while its children are listed.
        pids = self.processes()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        until = time.monotonic() + patience
        while any(pathlib.Path(f"/proc/{pid}").exists() for pid in pids[1:]):
            if time.monotonic() > until:
                raise RuntimeError("processes of the server do not end")
            time.sleep(0.01)

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def obey(server, hello, more=None):
    """The program's part; `more` maps further words to what they do."""
    actions = {"kill": server.kill, "start": server.start, "freeze": server.freeze,
               "thaw": server.thaw, **(more or {})}
    try:
        print(json.dumps(hello), flush=True)
        for line in sys.stdin:
            actions[line.strip()]()
            print("ok", flush=True)
    finally:
        server.close()
