"""What the demo drives: one `gantry run`, and the vendor simulators. All on loopback, free ports."""

import contextlib
import http.client
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
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENDORS = ROOT / "tests/support/vendors"


# Below the range from which the kernel serves outgoing connections; each is given out once.
PORTS = iter(random.sample(range(15_000, 30_000), 15_000))


def free_port() -> int:
    """A port that nobody has and that was not given out before."""
    for port in PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def call(port, method, path, body=None, timeout=30):
    """(status, JSON or text) of one HTTP call on loopback."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        answer = connection.getresponse()
        text = answer.read().decode()
        is_json = text[:1] in ("{", "[")
        return answer.status, json.loads(text) if is_json else text
    finally:
        connection.close()


class Simulator:
    """A vendor of tests/support/vendors in a process of its own, on the real clock."""

    def __init__(self, name, **arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-B", VENDORS / f"{name}.py",
             *(f"{key}={value}" for key, value in arguments.items())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.port = json.loads(self.process.stdout.readline())["port"]
        self.ahead_s = 0  # How far the vendor's clock is ahead of ours.
        self.tick()

    def tell(self, name, body=None):
        status, answer = call(self.port, "GET" if body is None else "POST", f"/_sim/{name}", body)
        assert status == 200, f"simulator, {name}: {answer}"
        return answer

    def tick(self):
        """Moves its clock to now, which also sends the webhooks that are due."""
        self.tell("clock", {"now_s": int(time.time()) + self.ahead_s})

    def close(self):
        self.process.stdin.close()  # That is how a simulator is told to end.
        self.process.wait()


class Host:
    """One `gantry run` over a conf.d in a temporary folder, and the commands that ask it."""

    def __init__(self, build):
        self.gantry = build / "gantry"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gantry-demo-"))
        self.conf = self.folder / "conf.d"
        self.conf.mkdir()
        self.ingress, self.admin, engine, metrics = (free_port() for _ in range(4))
        self.write("conf.d/00-host.toml", (
            f'state_dir = "{self.folder}/state"\nplugin_dir = "{build}/plugins"\nstrict = true\n'
            f'ingress.listen = "127.0.0.1:{self.ingress}"\n'
            f'admin.listen = "127.0.0.1:{self.admin}"\nlog.format = "json"\n'
            # Thousands of records on a laptop: their vectors are not what is shown.
            'embedding.embedder = "hashing"\n'
            f'temporal.engine_port = {engine}\ntemporal.metrics_port = {metrics}\n'
            'temporal.ui_port = 0\n'))
        settings = {name: value for name, value in os.environ.items()
                    if not name.startswith(("GANTRY_", "TEMPORAL_")) or name == "GANTRY_CACHE"}
        self.environment = {**settings, "NO_COLOR": "1"}
        self.log = self.folder / "gantry.log"
        self.process = None

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def start(self, patience_s=90):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.gantry, "run", "--config", self.conf], cwd=self.folder, stdout=log,
                stderr=log, env=self.environment, stdin=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + patience_s
        while True:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"gantry run is not ready; its log ends:\n{self.log_tail()}")
            with contextlib.suppress(OSError):
                if call(self.admin, "GET", "/readyz")[0] == 200:
                    return
            time.sleep(0.1)

    def log_tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def command(self, *arguments):
        """Runs `gantry …`; whatever it prints, and its exit code."""
        done = subprocess.run([self.gantry, *arguments, "--config", self.conf], cwd=self.folder,
                              env=self.environment, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def sources(self):
        return {one["id"]: one for one in call(self.admin, "GET", "/sources")[1]["sources"]}

    def document(self, document_id):
        path = "/documents/" + urllib.parse.quote(document_id, safe="")
        status, answer = call(self.admin, "GET", path)
        return answer if status == 200 else None

    def metric(self, name):
        """The sum over its labels; with labels it has no line before its first value."""
        lines = call(self.admin, "GET", "/metrics")[1].splitlines()
        return sum(int(float(line.split()[-1])) for line in lines
                   if line.startswith((name + " ", name + "{")))

    def stop(self, patience_s=45):
        """SIGTERM; true where it ended cleanly in time."""
        if self.process is None or self.process.poll() is not None:
            return self.process is None or self.process.returncode == 0
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(patience_s) == 0
        self.process.kill()
        self.process.wait()
        return False

    def forget(self):
        shutil.rmtree(self.folder)
