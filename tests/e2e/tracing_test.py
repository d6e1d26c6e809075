"""One delivery is one trace: from the sender's traceparent to each store, told once."""

import collections
import json
import pathlib
import secrets
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support/servers")]
from collector import CLIENT, INTERNAL, SERVER, Collector  # noqa: E402
from gantry_host import (RULE_SECRET, SIGNING_KEY, Host, free_port, front_event,  # noqa: E402
                         front_headers, wait_until)
from otelcol import OtelCollector  # noqa: E402

SENDER_SPAN = "b7ad6b7169203331"
DOOR = "POST /webhooks/{source}"
WEBHOOK = "RunWorkflow:WebhookIngestionWorkflow"
DOCUMENT = "RunWorkflow:DocumentIngestionWorkflow"
# name -> parent's name, kind; a store's span is told apart by its store.
TREE = {
    DOOR: (None, SERVER),
    "plugin verify": (DOOR, INTERNAL),
    WEBHOOK: (DOOR, SERVER),
    "RunActivity:parse_webhook_payload": (WEBHOOK, SERVER),
    "plugin parse": ("RunActivity:parse_webhook_payload", INTERNAL),
    DOCUMENT: (WEBHOOK, SERVER),
    "RunActivity:parse_document": (DOCUMENT, SERVER),
    "RunActivity:extract_entities": (DOCUMENT, SERVER),
    "RunActivity:generate_embeddings": (DOCUMENT, SERVER),
    "RunActivity:write_to_databases": (DOCUMENT, SERVER),
    "saga write": ("RunActivity:write_to_databases", INTERNAL),
    "store put documents/embedded": ("saga write", CLIENT),
    "store put vectors/embedded": ("saga write", CLIENT),
    "store put graph/embedded": ("saga write", CLIENT),
}


def named(span):
    return f"{span.name} {span.attributes['store']}" if "store" in span.attributes else span.name


def log_lines(host):
    lines = []
    for line in host.log.read_text().splitlines(keepends=True):
        if line.startswith("{") and line.endswith("\n"):
            lines.append(json.loads(line))
    return lines


def traced_host(endpoint, fanout="record"):
    host = Host(fanout=fanout)
    host.environment |= {"TEMPORAL_ENABLE_TRACING": "true", "TEMPORAL_OTEL_ENDPOINT": endpoint}
    return host


class Traces(unittest.TestCase):
    """OpenTelemetry's own Collector takes the spans and hands them on to be looked at."""

    @classmethod
    def setUpClass(cls):
        cls.collector = Collector(verbatim=False)
        cls.addClassCleanup(cls.collector.close)
        official = OtelCollector(cls.collector.endpoint)
        cls.addClassCleanup(official.close)
        cls.host = traced_host(official.endpoint)
        cls.addClassCleanup(cls.host.close)
        cls.host.start()

    def send(self, number, flags="01", text="Driver at gate"):
        """A delivery inside a trace of its sender; gives the trace's id."""
        trace = secrets.token_hex(16)
        body = front_event(number, text)
        answer = self.host.post(body, front_headers(body) | {
            "traceparent": f"00-{trace}-{SENDER_SPAN}-{flags}", "tracestate": "rojo=1"})
        self.assertEqual(answer.status, 202, answer.body)
        return trace

    def stored(self, number):
        wait_until(f"message {number} is stored",
                   lambda: self.host.document(f"frontapp:message:msg_{number:06d}"))

    def whole(self, trace):
        """All spans of a trace, once each kind is there; none comes twice, see tearDownClass."""
        wait_until(f"all of trace {trace} is told", lambda: set(TREE) <= {
            named(span) for span in self.collector.spans(trace)})
        return self.collector.spans(trace)

    @classmethod
    def tearDownClass(cls):
        if cls.host.stop() != 0:
            raise AssertionError(cls.host.log_tail())
        times = collections.Counter((span.trace, span.id) for span in cls.collector.spans())
        twice = [span for span in cls.collector.spans() if times[span.trace, span.id] > 1]
        if twice:
            raise AssertionError(f"told twice: {twice}")

    def test_a_delivery_is_one_tree_from_its_sender_to_each_store(self):
        trace = self.send(1)
        spans = self.whole(trace)
        self.assertEqual(collections.Counter(map(named, spans)), dict.fromkeys(TREE, 1))
        by_name = {named(span): span for span in spans}
        for name, (parent, kind) in TREE.items():
            span = by_name[name]
            self.assertEqual(span.parent, by_name[parent].id if parent else SENDER_SPAN, name)
            self.assertEqual(span.kind, kind, name)
            self.assertEqual(span.state, "rojo=1", name)
            self.assertIsNone(span.failure, name)
            self.assertLessEqual(span.begun, span.ended, name)
            self.assertEqual(span.resource["service.name"], "gantry")
        self.assertEqual(len({span.id for span in spans}), len(spans))
        door = by_name[DOOR].attributes
        self.assertEqual(door["http.response.status_code"], 202)
        self.assertEqual((door["source"], door["delivery"]), ("frontapp", "evt_000001"))
        self.assertEqual(by_name[WEBHOOK].attributes["temporalWorkflowID"],
                         "webhook:frontapp:evt_000001")
        written = by_name["RunActivity:write_to_databases"].attributes
        self.assertEqual(written["document"], "frontapp:message:msg_000001")
        self.assertEqual(written["attempt"], 1)

    def test_every_log_line_about_a_delivery_says_which_trace_and_what_it_is_about(self):
        trace = self.send(2)
        spans = {span.id: span for span in self.whole(trace)}
        lines = [line for line in log_lines(self.host) if line.get("trace_id") == trace]
        written = [line for line in lines if line["event"] == "document_written"]
        self.assertEqual(len(written), 1, lines)
        line = written[0]
        self.assertEqual(spans[line["span_id"]].name, "RunActivity:write_to_databases")
        self.assertEqual(line["source"], "frontapp")
        self.assertEqual(line["document"], "frontapp:message:msg_000002")
        self.assertEqual(line["activity"], "write_to_databases")
        self.assertIn("@", line["workflow"])
        self.assertTrue(line["run"])

    def test_neither_secrets_nor_payloads_leave_with_the_spans(self):
        trace = self.send(3, text="Zanzibar pallets")
        self.whole(trace)
        for word in (SIGNING_KEY, RULE_SECRET, "Zanzibar", front_headers(b"")["x-front-signature"]):
            self.assertNotIn(word.encode(), self.collector.bytes)

    def test_a_refused_request_is_a_span_that_says_401(self):
        trace = secrets.token_hex(16)
        answer = self.host.post(b"{}", {"traceparent": f"00-{trace}-{SENDER_SPAN}-01"})
        self.assertEqual(answer.status, 401)
        wait_until("it is told", lambda: DOOR in {s.name for s in self.collector.spans(trace)})
        door = next(s for s in self.collector.spans(trace) if s.name == DOOR)
        self.assertEqual(door.attributes["http.response.status_code"], 401)
        self.assertNotIn("delivery", door.attributes)

    def test_a_sender_that_does_not_sample_is_followed(self):
        quiet, loud = self.send(4, flags="00"), self.send(5)
        self.stored(4)
        self.whole(loud)
        self.assertEqual(self.collector.spans(quiet), [])
        self.assertTrue([line for line in log_lines(self.host) if line.get("trace_id") == quiet])

    def test_a_delivery_that_nobody_traced_begins_a_trace(self):
        self.assertEqual(self.host.post(front_event(6)).status, 202)
        door = wait_until("it is told", lambda: next(
            (s for s in self.collector.spans() if s.attributes.get("delivery") == "evt_000006"
             and s.name == DOOR), None))
        self.assertEqual(door.parent, "")
        self.assertEqual(collections.Counter(map(named, self.whole(door.trace))),
                         dict.fromkeys(TREE, 1))

    def test_an_uploaded_file_begins_a_trace(self):
        with tempfile.NamedTemporaryFile(suffix=".md") as note:
            note.write(b"# Rate note\n\nLane Chicago, IL to Dallas, TX pays $2,150.00.\n")
            note.flush()
            self.host.command("ingest", note.name, "--wait")
        name = pathlib.Path(note.name).name
        root = wait_until("its workflow is told", lambda: next(
            (s for s in self.collector.spans()
             if name in s.attributes.get("temporalWorkflowID", "") and s.name == DOCUMENT), None))
        self.assertEqual(root.parent, "")
        names = {named(s) for s in self.collector.spans(root.trace)}
        self.assertLessEqual({"RunActivity:write_to_databases", "saga write",
                              "store put graph/embedded"}, names)

    def test_a_collector_that_is_away_for_a_while_loses_nothing(self):
        self.collector.answers = [503, 429]
        trace = self.send(7)
        self.assertEqual(collections.Counter(map(named, self.whole(trace))),
                         dict.fromkeys(TREE, 1))
        events = [line["event"] for line in log_lines(self.host) if line["module"] == "tracing"]
        self.assertIn("spans_not_exported", events)
        self.assertIn("spans_exported_again", events)
        metrics = self.host.get("/metrics").body.decode()
        self.assertIn('gantry_tracing_spans{state="dropped"} 0', metrics)


class AroundTemporal(unittest.TestCase):
    def test_a_delivery_on_the_direct_path_is_one_trace_as_well(self):
        collector = Collector()
        self.addCleanup(collector.close)
        host = traced_host(collector.endpoint)
        self.addCleanup(host.close)
        host.environment["TEMPORAL_ROLLOUT"] = "0"
        host.start()
        trace, body = secrets.token_hex(16), front_event(1)
        answer = host.post(body, front_headers(body) | {
            "traceparent": f"00-{trace}-{SENDER_SPAN}-01"})
        self.assertEqual(answer.status, 202, answer.body)
        wait_until("it is stored", lambda: host.document("frontapp:message:msg_000001"))
        self.assertEqual(host.stop(), 0)  # what waits is sent
        tree = {DOOR: None, "plugin verify": DOOR, "plugin parse": DOOR, "direct write": DOOR,
                "saga write": "direct write"}
        tree |= {name: "saga write" for name in TREE if name.startswith("store put ")}
        spans = collector.spans(trace)
        self.assertEqual(collections.Counter(map(named, spans)), dict.fromkeys(tree, 1))
        ids = {named(span): span.id for span in spans}
        for span in spans:
            parent = tree[named(span)]
            self.assertEqual(span.parent, ids[parent] if parent else SENDER_SPAN, named(span))


class KilledHost(unittest.TestCase):
    def test_a_host_that_is_killed_tells_no_workflow_twice_and_breaks_no_trace(self):
        collector = Collector()
        self.addCleanup(collector.close)
        host = traced_host(collector.endpoint)
        self.addCleanup(host.close)
        host.start()
        numbers = range(100, 140)
        for number in numbers:
            self.assertEqual(host.post(front_event(number)).status, 202)
        wait_until("some are told", lambda: [s for s in collector.spans() if s.name == WEBHOOK])
        host.kill()
        host.start()
        wait_until("all are stored", lambda: all(
            host.document(f"frontapp:message:msg_{n:06d}") for n in numbers), 180)
        self.assertEqual(host.stop(), 0)  # what waits is sent
        spans = collector.spans()
        runs = collections.Counter(s.attributes["temporalRunID"] for s in spans
                                   if s.name.startswith("RunWorkflow:"))
        self.assertEqual({run: n for run, n in runs.items() if n > 1}, {})
        # A try that was done twice, because its worker died before it could say so, is one span.
        tries = collections.defaultdict(set)
        for span in spans:
            if span.name.startswith("RunActivity:"):
                about = span.attributes
                tries[about["temporalRunID"], about["temporalActivityID"],
                      about["attempt"]].add((span.trace, span.id))
        self.assertEqual({key: ids for key, ids in tries.items() if len(ids) > 1}, {})
        # Whatever came after the kill is in the trace of the request before it.
        doors = {s.attributes["delivery"]: s.trace for s in spans
                 if s.name == DOOR and "delivery" in s.attributes}
        for span in spans:
            if span.name == WEBHOOK:
                delivery = span.attributes["temporalWorkflowID"].rsplit(":", 1)[1]
                self.assertEqual(span.trace, doors.get(delivery, span.trace))
                children = [s for s in spans if s.trace == span.trace and s.name == DOCUMENT]
                self.assertTrue(all(child.parent == span.id for child in children))


class Quiet(unittest.TestCase):
    def test_tracing_that_is_off_sends_nothing_and_changes_no_log_line(self):
        collector = Collector()
        self.addCleanup(collector.close)
        host = Host()
        self.addCleanup(host.close)
        host.environment["TEMPORAL_OTEL_ENDPOINT"] = collector.endpoint
        host.start()
        body = front_event(1)
        host.post(body, front_headers(body) | {
            "traceparent": f"00-{secrets.token_hex(16)}-{SENDER_SPAN}-01"})
        wait_until("it is stored", lambda: host.document("frontapp:message:msg_000001"))
        self.assertEqual(host.stop(), 0)
        self.assertEqual(collector.requests, 0)
        self.assertEqual([line for line in log_lines(host) if "trace_id" in line], [])
        written = [line for line in log_lines(host) if line["event"] == "document_written"]
        self.assertEqual(written[0]["source"], "frontapp")

    def test_without_a_collector_the_host_works_and_stops_as_ever(self):
        port = free_port()
        host = traced_host(f"http://127.0.0.1:{port}")
        self.addCleanup(host.close)
        host.start()
        self.assertEqual(host.post(front_event(1)).status, 202)
        wait_until("it is stored", lambda: host.document("frontapp:message:msg_000001"))
        told = wait_until("the log says so", lambda: [
            line for line in log_lines(host) if line["event"] == "spans_not_exported"])
        self.assertIn(f"127.0.0.1:{port}", told[0]["reason"])
        self.assertEqual(host.stop(), 0)


if __name__ == "__main__":
    unittest.main()
