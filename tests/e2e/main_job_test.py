"""The main job, as a user sees it: a signed webhook becomes a document that search finds."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from gantry_host import GANTRY, Host, front_event, front_headers, request, wait_until  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]


class MainJob(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.host = Host().start()

    @classmethod
    def tearDownClass(cls):
        cls.host.close()

    def stored(self, number):
        return wait_until(f"message {number} is stored",
                          lambda: self.host.document(f"frontapp:message:msg_{number:06d}"))

    def test_a_signed_webhook_becomes_a_document_that_search_finds(self):
        answer = self.host.post(front_event(1, "Reefer unit failed near Joliet, IL for LD-88231"))
        self.assertEqual(answer.status, 202, answer.body)
        self.assertEqual(answer.json()["delivery"], "evt_000001")
        document = self.stored(1)
        self.assertEqual(document["title"], "Load 1")
        self.assertEqual(document["source"], "frontapp")
        hits = wait_until("search finds it", lambda: json.loads(
            self.host.command("search", "reefer joliet", "--json").stdout).get("hits"))
        self.assertEqual(hits[0]["id"], "frontapp:message:msg_000001")

    def test_the_same_delivery_twice_is_one_document_and_says_so(self):
        body = front_event(2)
        first, second = self.host.post(body), self.host.post(body)
        self.assertEqual((first.status, second.status), (202, 202))
        self.assertNotIn("duplicate", first.json())
        self.assertIs(second.json()["duplicate"], True)
        self.stored(2)

    def test_a_wrong_stale_or_missing_signature_is_401_with_one_body(self):
        body = front_event(3)
        stale = front_headers(body, at_ms=1_000)
        answers = [self.host.post(body, front_headers(body, key="wrong")),
                   self.host.post(body, stale), self.host.post(body, {}),
                   self.host.post(body + b" ", front_headers(body))]
        self.assertEqual([a.status for a in answers], [401] * 4)
        self.assertEqual(len({a.body for a in answers}), 1)

    def test_fronts_challenge_is_answered_and_not_stored(self):
        body = b'{"type":"sync","authorization":{"id":"cmp_1"}}'
        answer = self.host.post(body, front_headers(body) | {"x-front-challenge": "c-42"})
        self.assertEqual((answer.status, answer.json()), (200, {"challenge": "c-42"}))

    def test_a_verified_delivery_that_is_no_json_is_a_dead_letter(self):
        answer = self.host.post(b"not json at all")
        self.assertEqual(answer.status, 202)
        delivery = answer.json()["delivery"]
        status = wait_until("it is dead", lambda: (lambda s: s if s.get("state") == "dead_letter" else None)(
            json.loads(self.host.command("status", f"frontapp/{delivery}", "--json").stdout)))
        self.assertIn("JSON", json.dumps(status))

    def test_send_signs_and_status_shows_the_whole_way(self):
        with tempfile.NamedTemporaryFile(suffix=".json") as sample:
            sample.write(front_event(4, "Detention at Newark, NJ"))
            sample.flush()
            sent = json.loads(self.host.command("send", "frontapp", sample.name, "--json").stdout)
        self.assertIn("evt_000004", json.dumps(sent))
        self.stored(4)
        way = self.host.command("status", "frontapp/evt_000004", "--wait").stdout
        for step in ("received", "started", "written"):
            self.assertIn(step, way)

    def test_an_uploaded_file_is_ingested(self):
        with tempfile.TemporaryDirectory() as folder:
            note = pathlib.Path(folder) / "rate-note.md"
            note.write_text("# Rate note\n\nLane Chicago, IL to Dallas, TX pays $2,150.00.\n")
            self.host.command("ingest", str(note), "--wait")
        hits = json.loads(self.host.command("search", "Dallas lane", "--json").stdout)["hits"]
        self.assertEqual(hits[0]["title"], "Rate note")

    def test_documents_of_every_kind_are_ingested_and_found_by_their_words(self):
        documents = ROOT / "tests" / "fixtures" / "documents"
        names = {"rate_confirmation.pdf": "detention hour", "bill_of_lading.docx": "consignee crates",
                 "tender_list.xlsx": "dock first", "tender.eml": "quoted earlier",
                 "stops.csv": "dubuque"}
        self.host.command("ingest", *(str(documents / name) for name in names), "--wait")
        for name, words in names.items():
            hits = json.loads(self.host.command("search", words, "--json").stdout)["hits"]
            self.assertIn(f"upload:file:{name}", [hit["id"] for hit in hits], words)

    def test_a_document_that_cannot_be_read_is_a_dead_letter_that_says_why(self):
        locked = ROOT / "tests" / "fixtures" / "documents" / "encrypted.pdf"
        ingested = self.host.command("ingest", str(locked), "--wait", check=False)
        self.assertEqual(ingested.returncode, 1)
        self.assertIn("the PDF is encrypted", ingested.stderr)
        status = json.loads(self.host.command("status", "upload:file:encrypted.pdf", "--json").stdout)
        self.assertEqual(status["state"], "failed")
        self.assertIn("the PDF is encrypted", status["error"]["what"])
        tries = [step["detail"] for step in status["steps"] if step["name"] == "parse_document"]
        self.assertEqual(tries, ["local, failed"])  # a second one would say "try 2"

    def test_operators_pages_answer(self):
        self.assertEqual(self.host.get("/livez").status, 200)
        self.assertEqual(self.host.get("/readyz").status, 200)
        self.assertIn(b"gantry_ingress_", self.host.get("/metrics").body)
        self.assertIn("version", self.host.get("/version").json())
        core = request(self.host.metrics, "GET", "/metrics").body
        self.assertIn(b"temporal_", core)
        self.assertEqual(self.host.post(b"{}", source="nobody").status, 404)

    def test_the_demo_shows_the_main_job(self):
        shown = self.host.command("demo").stdout
        for expected in ('"duplicate":true', "401", "completed", "msg_1001  Late at Joliet"):
            self.assertIn(expected, shown)

    def test_hello_greets_through_a_workflow(self):
        self.assertIn("Hello, Ada!", self.host.command("hello", "Ada").stdout)

    def example(self, name, *arguments):
        done = subprocess.run(
            [ROOT / "examples" / name, *arguments], cwd=self.host.folder, capture_output=True,
            text=True, timeout=120, stdin=subprocess.DEVNULL,
            env={**self.host.environment, "GANTRY": str(GANTRY)})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_the_examples_do_what_they_say(self):
        self.assertIn("Hello, Grace!", self.example("hello-world.sh", "Grace"))
        sent = self.example("send-front-webhook.sh")
        for expected in ("duplicate", "401", "completed", "frontapp:message:msg_8c1"):
            self.assertIn(expected, sent)
        shown = self.example("hello-world-query-status.sh", f"127.0.0.1:{self.host.engine}")
        for expected in ("written", "WorkflowExecutionCompleted", "MarkerRecorded"):
            self.assertIn(expected, shown)

    def test_a_peer_that_went_away_does_not_end_the_host(self):
        os.kill(self.host.process.pid, signal.SIGPIPE)
        self.assertEqual(self.host.get("/livez").status, 200)

    def test_no_secret_is_in_the_log(self):
        self.host.post(front_event(5))
        self.stored(5)
        log = self.host.log.read_text()
        self.assertNotIn("e2e-signing-key", log)
        self.assertNotIn("Driver at gate", log)


if __name__ == "__main__":
    unittest.main(verbosity=2)
