"""OpenTelemetry's own Collector on a free loopback port: OTLP over HTTP in, and on to `target`."""

import contextlib
import json
import socket

from server import CACHE, Server


class OtelCollector(Server):
    """Answers its sender only once `target` has answered, and with what that said."""

    def __init__(self, target):
        super().__init__("otelcol")
        at_once = {"compression": "none", "retry_on_failure": {"enabled": False},
                   "sending_queue": {"enabled": False}}
        self.configuration = {
            "receivers": {"otlp": {"protocols": {
                "http": {"endpoint": f"127.0.0.1:{self.port}"}}}},
            "exporters": {"otlp_http": {"endpoint": target} | at_once},
            "service": {
                "telemetry": {"metrics": {"level": "none"}},
                "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["otlp_http"]}}}}
        self.endpoint = f"http://127.0.0.1:{self.port}"
        with self.beginning():
            self.start()

    def start(self):
        self.launch([CACHE / "otelcol-0.165.0", "--config", f"yaml:{json.dumps(self.configuration)}"],
                    self.answers)

    def answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5):
            return True
        return False
