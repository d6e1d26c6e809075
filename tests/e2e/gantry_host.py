"""Runs the built `gantry` as a user would: a conf.d in a temporary folder, free loopback ports."""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

BUILD = pathlib.Path(os.environ["GANTRY_BUILD_DIR"])
GANTRY = BUILD / "gantry"
SIGNING_KEY = "e2e-signing-key"
RULE_SECRET = "e2e-rule-secret"


# Below the range from which the kernel serves outgoing connections; each is given out once.
PORTS = iter(random.sample(range(15_000, 30_000), 15_000))


def free_port() -> int:
    """A port that nobody has and that was not given out before."""
    for port in PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(what, probe, seconds=60):
    """Asks `probe` until it gives something true; fails with `what` and the last answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}; last answer: {answer!r}")
        time.sleep(0.05)


def front_event(number: int, text: str = "Driver at gate") -> bytes:
    """An application webhook of ours in Front's shape (connectors' specification, section 2)."""
    return json.dumps({
        "type": "inbound_received", "authorization": {"id": "cmp_1"},
        "payload": {
            "id": f"evt_{number:06d}", "type": "inbound", "emitted_at": 1767225599.412 + number,
            "conversation": {"id": f"cnv_{number}", "subject": f"Load {number}",
                             "status": "unassigned", "assignee": None, "tags": []},
            "source": {"_meta": {"type": "inboxes"}, "data": [{"id": "inb_1", "name": "Ops"}]},
            "target": {"_meta": {"type": "message"}, "data": {
                "id": f"msg_{number:06d}", "type": "email", "is_inbound": True,
                "created_at": 1767225598.9 + number, "text": text, "body": f"<p>{text}</p>",
                "recipients": [{"handle": "disp@carrier.example", "name": "Dee", "role": "from"}],
                "attachments": []}}}}).encode()


def front_headers(body: bytes, key: str = SIGNING_KEY, at_ms: int | None = None) -> dict:
    stamp = str(at_ms if at_ms is not None else int(time.time() * 1000))
    mac = hmac.new(key.encode(), stamp.encode() + b":" + body, hashlib.sha256).digest()
    return {"Content-Type": "application/json", "x-front-request-timestamp": stamp,
            "x-front-signature": base64.b64encode(mac).decode()}


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


def request(port, method, path, body=None, headers=None, timeout=30) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


class Host:
    """One `gantry run`. Survives its own restarts: state, ports and configuration stay.

    Vectors are hashed unless told otherwise: a language model would be most of what is measured."""

    def __init__(self, temporal_address: str = "", fanout: str = "auto", embedder: str = "hashing"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gantry-e2e-"))
        self.ingress, self.admin = free_port(), free_port()
        self.metrics, self.engine = free_port(), free_port()
        self.process = None
        conf = self.folder / "conf.d"
        conf.mkdir()
        (conf / "00-host.toml").write_text(
            f'state_dir = "{self.folder}/state"\n'
            f'plugin_dir = "{BUILD}/plugins"\n'
            f'ingress.listen = "127.0.0.1:{self.ingress}"\n'
            f'admin.listen = "127.0.0.1:{self.admin}"\n'
            f'temporal.metrics_port = {self.metrics}\n'
            f'temporal.engine_port = {self.engine}\ntemporal.ui_port = 0\n'
            f'temporal.address = "{temporal_address}"\n')
        self.choose(embedder)
        (conf / "50-frontapp.toml").write_text(
            f'[source]\nplugin = "frontapp"\nfanout = "{fanout}"\n[settings]\n'
            'signing_key = "env:FRONT_KEY"\nrule_secret = "env:FRONT_RULE"\n')
        self.environment = {**os.environ, "FRONT_KEY": SIGNING_KEY, "FRONT_RULE": RULE_SECRET,
                            "GANTRY_LOG_FORMAT": "json", "NO_COLOR": "1"}
        self.log = self.folder / "gantry.log"

    def choose(self, embedder):
        """For the next start."""
        (self.folder / "conf.d/30-models.toml").write_text(f'embedding.embedder = "{embedder}"\n')

    def command(self, *arguments, check=True, input=None, timeout=120):
        done = subprocess.run(
            [GANTRY, *arguments, "--config", self.folder / "conf.d"], cwd=self.folder,
            env=self.environment, capture_output=True, text=True, input=input, timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"gantry {' '.join(map(str, arguments))}: exit "
                                 f"{done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def start(self, wait=True):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [GANTRY, "run", "--config", self.folder / "conf.d"], cwd=self.folder,
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if wait:
            self.ready()
        return self

    def ready(self, seconds=90):
        def probe():
            if self.process.poll() is not None:
                raise AssertionError(f"gantry run ended with {self.process.returncode}:\n"
                                     + self.log_tail())
            with contextlib.suppress(OSError):
                return request(self.admin, "GET", "/readyz", timeout=5).status == 200
            return False
        wait_until(f"/readyz answers 200; log:\n{self.log_tail()}", probe, seconds)

    def log_tail(self, lines=40):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=60):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError("gantry run did not end on SIGTERM:\n" + self.log_tail())
        return self.process.returncode

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def post(self, body, headers=None, source="frontapp", timeout=30):
        return request(self.ingress, "POST", f"/webhooks/{source}", body,
                       headers if headers is not None else front_headers(body), timeout)

    def get(self, path):
        return request(self.admin, "GET", path)

    def document(self, document_id):
        answer = self.get("/documents/" + urllib.parse.quote(document_id, safe=""))
        return answer.json() if answer.status == 200 else None
