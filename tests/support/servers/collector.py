"""An OTLP/HTTP collector that decodes with OpenTelemetry's own messages and keeps what it got."""

import collections
import http.server
import os
import pathlib
import sys
import threading

CACHE = pathlib.Path(os.environ.get("GANTRY_CACHE", pathlib.Path.home() / ".cache/gantry"))
sys.path.insert(0, str(CACHE / "otlp"))  # by tools/test_servers.sh
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: E402
    ExportTraceServiceRequest)

INTERNAL, SERVER, CLIENT = 1, 2, 3
Span = collections.namedtuple(
    "Span", "name kind trace id parent state begun ended attributes failure links resource")


def value_of(any_value):
    return getattr(any_value, any_value.WhichOneof("value"))


def attributes_of(pairs):
    return {pair.key: value_of(pair.value) for pair in pairs}


def spans_of(request):
    for group in request.resource_spans:
        resource = attributes_of(group.resource.attributes)
        for scope in group.scope_spans:
            for span in scope.spans:
                yield Span(span.name, span.kind, span.trace_id.hex(), span.span_id.hex(),
                           span.parent_span_id.hex(), span.trace_state,
                           span.start_time_unix_nano, span.end_time_unix_nano,
                           attributes_of(span.attributes),
                           span.status.message if span.status.code == 2 else None,
                           [(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
                           resource)


class Collector:
    """On a free loopback port. `answers` are statuses for the next requests; then 200.

    `verbatim`: every byte must be one that the messages themselves would write."""

    def __init__(self, verbatim=True):
        self.verbatim = verbatim
        self.answers, self.requests, self._spans = [], 0, []
        self.bytes = b""
        self._lock = threading.Lock()
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = collector.take(self.path, self.headers["Content-Type"], body)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def take(self, path, content_type, body):
        with self._lock:
            self.requests += 1
            if self.answers:
                return self.answers.pop(0)
            if path != "/v1/traces" or content_type != "application/x-protobuf":
                return 404
            request = ExportTraceServiceRequest()
            request.ParseFromString(body)
            # Otherwise it has a field that the messages do not know.
            if self.verbatim and request.SerializeToString() != body:
                return 400
            self._spans += spans_of(request)
            self.bytes += body
            return 200

    def spans(self, trace=None):
        with self._lock:
            return [span for span in self._spans if trace in (None, span.trace)]

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
