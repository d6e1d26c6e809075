"""A host with every source, its Temporal server, and a Prometheus that scrapes both: all real.

Vendors are the simulators of `make demo`. The embeddings come over the network, from a stand-in for
an OpenAI-compatible endpoint, so that the metrics of models are there too. Prometheus reads the
shipped deploy/prometheus/prometheus.yml; only ports and intervals are others.
"""

import hashlib
import http.server
import json
import pathlib
import re
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests/support/servers")]
import demo  # noqa: E402
from demo_host import Host, call, free_port  # noqa: E402
from demo_sources import SOURCES, Source  # noqa: E402
from prometheus import Prometheus  # noqa: E402
from server import CACHE, Server  # noqa: E402

DIMENSION = 16


class Embeddings(http.server.BaseHTTPRequestHandler):
    """POST /v1/embeddings, as OpenAI documents it."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
        body = json.dumps({
            "object": "list", "model": asked["model"],
            "usage": {"prompt_tokens": len(texts), "total_tokens": len(texts)},
            "data": [{"object": "embedding", "index": place, "embedding": [
                byte / 255 + 0.01 for byte in hashlib.sha256(text.encode()).digest()[:DIMENSION]]}
                for place, text in enumerate(texts)]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class TemporalServer(Server):
    """The development server of Temporal's CLI, with its metrics."""

    def __init__(self):
        super().__init__("temporal")
        self.metrics = free_port()
        try:
            self.launch([CACHE / "temporal/bin/temporal", "server", "start-dev", "--headless",
                         "--port", self.port, "--metrics-port", self.metrics, "--db-filename",
                         self.folder / "db", "--log-level", "error"], self.answers)
        except BaseException:
            self.close()
            raise

    def answers(self):
        try:
            return call(self.metrics, "GET", "/metrics")[0] == 200
        except OSError:
            return False


class Silent:
    def draw(self, *_):
        pass

    def say(self, *_):
        pass


class World:
    def __init__(self, build):
        self.host = self.prometheus = self.temporal = None
        self.sources = []
        self.model = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Embeddings)
        threading.Thread(target=self.model.serve_forever, daemon=True).start()
        try:
            self.temporal = TemporalServer()
            self.host = Host(build)
            self.host.environment["TEMPORAL_HOST"] = f"127.0.0.1:{self.temporal.port}"
            settings = (self.host.conf / "00-host.toml").read_text()
            self.worker_port = int(re.search(r"metrics_port = (\d+)", settings)[1])
            self.host.write("conf.d/30-models.toml", (
                'embedding.embedder = "openai"\nembedding.model = "stand-in"\n'
                f'embedding.url = "http://127.0.0.1:{self.model.server_address[1]}/v1"\n'
                f"embedding.dimension = {DIMENSION}\n"))
            for name, entry in SOURCES.items():
                self.sources.append(Source(name, self.host, **entry))
            expected = self.host.conf / "50-stripe.toml"
            expected.write_text(expected.read_text().replace(
                "[source]\n", '[source]\nexpected_every = "24h"\n'))
            self.prometheus = Prometheus(self.configuration(), ROOT / "deploy/prometheus/alerts.yml")
        except BaseException:
            self.close()
            raise

    def configuration(self):
        text = (ROOT / "deploy/prometheus/prometheus.yml").read_text()
        for shipped, here in ((8077, self.temporal.metrics), (8078, self.worker_port),
                              (8081, self.host.admin)):
            assert text.count(f"localhost:{shipped}") == 1, shipped
            text = text.replace(f"localhost:{shipped}", f"127.0.0.1:{here}")
        return re.sub(r"(scrape|evaluation)_interval: 15s", r"\1_interval: 1s", text)

    def perform(self, patience):
        return demo.perform(self.host, self.sources, Silent(), patience)

    def page(self, port):
        return call(port, "GET", "/metrics")[1]

    def close(self):
        for source in self.sources:
            source.close()
        if self.host is not None:
            self.host.stop()
            self.host.forget()
        for server in (self.prometheus, self.temporal):
            if server is not None:
                server.close()
        self.model.shutdown()
        self.model.server_close()
