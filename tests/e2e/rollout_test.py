"""The rollout, on the built host and a real Temporal server: which path each document takes, what
happens to it when the host is killed or Temporal is away, and what an operator sees of it."""

import contextlib
import hashlib
import json
import pathlib
import re
import signal
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support/servers")]
from gantry_host import Host, front_event, wait_until  # noqa: E402
from temporal import Temporal  # noqa: E402


def message(number):
    return f"frontapp:message:msg_{number:06d}"


def bucket(document):
    return int(hashlib.sha256(document.encode()).hexdigest(), 16) % 100


def metric(host, name, **labels):
    """A value of the host's metrics; 0 where there is no such series."""
    for line in host.get("/metrics").body.decode().splitlines():
        found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if found and found[1] == name and \
                dict(re.findall(r'(\w+)="([^"]*)"', found[2] or "")) == labels:
            return float(found[3])
    return 0


class Paths(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Temporal()
        cls.addClassCleanup(cls.server.close)

    def host(self, *settings, start=True):
        host = Host(temporal_address=self.server.address)
        self.addCleanup(host.close)
        with open(host.folder / "conf.d/00-host.toml", "a") as conf:
            conf.write("".join(f"{one}\n" for one in settings))
            # The server is shared: one test's work is not another's.
            conf.write(f'temporal.task_queue = "{host.folder.name}"\n')
        return host.start() if start else host

    def deliver(self, host, number, text="Driver at gate"):
        self.assertEqual(host.post(front_event(number, text)).status, 202)

    def status(self, host, of, seconds=120):
        return json.loads(host.command("status", of, "--wait", "--json", "--timeout", str(seconds),
                                       check=False, timeout=seconds + 30).stdout)

    def percentage(self, host):
        return json.loads(host.command("rollout", "show", "--json").stdout)["percentage"]

    def test_at_0_deliveries_and_uploads_take_the_direct_path(self):
        host = self.host("rollout = 0")
        self.deliver(host, 1)
        status = self.status(host, "frontapp/evt_000001")
        self.assertEqual(status["state"], "completed")
        self.assertEqual(status["path"], "direct")
        self.assertNotIn("workflow", status)
        self.assertEqual([one["id"] for one in status["documents"]], [message(1)])
        note = host.folder / "note.md"
        note.write_text("# Load LD-88231 is late\n")
        done = json.loads(host.command("ingest", note, "--wait", "--json").stdout)["documents"][0]
        self.assertEqual((done["path"], done["state"]), ("direct", "completed"))
        hits = json.loads(host.command("search", "late", "--json").stdout)["hits"]
        self.assertEqual(hits[0]["id"], "upload:file:note.md")
        self.assertEqual(metric(host, "gantry_rollout_decisions_total", path="direct"), 2)
        self.assertEqual(metric(host, "gantry_rollout_decisions_total", path="temporal"), 0)
        self.assertEqual(metric(host, "gantry_ingestion_seconds_count", path="direct",
                                outcome="stored"), 2)
        listed = self.server.cli("workflow", "list", "-q", f"TaskQueue='{host.folder.name}'", "-o",
                                 "json").stdout
        self.assertEqual(json.loads(listed or "[]"), [])

    def test_a_trail_names_the_path_of_the_version_that_is_stored(self):
        host = self.host("rollout = 100")
        note = host.folder / "note.md"
        note.write_text("# Load LD-88231 is late\n")
        host.command("ingest", note, "--wait")
        document = "upload:file:note.md"
        self.assertIn("workflow", self.status(host, document))
        wait_until("Temporal lists the first version's workflow", lambda: json.loads(
            self.server.cli("workflow", "list", "-q", f"DocumentId='{document}'", "-o",
                            "json").stdout or "[]"))
        self.deliver(host, 900)
        self.assertIn("workflow", self.status(host, "frontapp/evt_000900"))
        self.assertEqual(self.status(host, message(900))["brought_by"],
                         "webhook:frontapp:evt_000900")
        host.command("rollout", "set", "0")
        note.write_text("# Load LD-88231 is delivered\n")
        host.command("ingest", note, "--wait")
        trail = self.status(host, document)
        self.assertEqual(trail["state"], "completed")
        self.assertEqual(trail["steps"][-1]["detail"], "Load LD-88231 is delivered")
        self.assertNotIn("workflow", trail)
        again = json.loads(front_event(900, "Driver left"))
        again["payload"]["id"] = "evt_000901"
        again["payload"]["emitted_at"] += 60
        self.assertEqual(host.post(json.dumps(again).encode()).status, 202)
        self.assertEqual(self.status(host, "frontapp/evt_000901")["path"], "direct")
        trail = self.status(host, message(900))
        self.assertNotIn("workflow", trail)
        self.assertNotIn("brought_by", trail)

    def test_at_50_every_document_takes_the_path_of_its_bucket(self):
        host = self.host("rollout = 50")
        numbers = range(100, 140)
        for number in numbers:
            self.deliver(host, number)
        paths = {}
        for number in numbers:
            status = self.status(host, f"frontapp/evt_{number:06d}")
            self.assertEqual(status["state"], "completed", status)
            paths[number] = status["documents"][0]["path"]
        self.assertEqual(paths, {n: "temporal" if bucket(message(n)) < 50 else "direct"
                                 for n in numbers})
        through = sum(path == "temporal" for path in paths.values())
        for path, count in (("temporal", through), ("direct", 40 - through)):
            self.assertEqual(metric(host, "gantry_rollout_decisions_total", path=path), count)
            self.assertEqual(metric(host, "gantry_ingestion_seconds_count", path=path,
                                    outcome="stored"), count)

    def test_what_was_set_outlives_a_restart_until_configuration_changes(self):
        host = self.host("rollout = 100")
        host.command("rollout", "set", "10")
        self.assertEqual(self.percentage(host), 10)
        host.stop()
        host.start()
        self.assertEqual(self.percentage(host), 10)
        shown = host.command("rollout", "show").stdout
        self.assertIn("set at run time", shown)
        self.assertRegex(shown, r"configured +100 % +\S*00-host.toml:\d+")
        conf = host.folder / "conf.d/00-host.toml"
        conf.write_text(conf.read_text().replace("rollout = 100", "rollout = 25"))
        host.process.send_signal(signal.SIGHUP)
        wait_until("the reload takes the new percentage", lambda: self.percentage(host) == 25)
        self.assertNotIn("restart_needed", host.log.read_text())

    def test_a_percentage_out_of_range_is_refused_everywhere(self):
        host = self.host("rollout = 100")
        self.assertEqual(host.command("rollout", "set", "101", check=False).returncode, 2)
        from gantry_host import request
        for body in (b'{"percentage": 101}', b'{"percentage": "10"}', b"{}", b"10", b""):
            self.assertEqual(request(host.admin, "POST", "/rollout", body).status, 400, body)
        self.assertEqual(self.percentage(host), 100)
        bad = host.command("check", "--offline", "--set", "rollout=101", check=False)
        self.assertEqual(bad.returncode, 1)

    def test_kill_9_in_the_middle_loses_and_doubles_nothing(self):
        host = self.host("rollout = 0")
        numbers = range(200, 260)
        for number in numbers:
            self.deliver(host, number, "Reefer at 40F " * 200)
            if number % 15 == 14:
                host.kill()
                host.start()
        uploads = []
        for i in range(5):
            note = host.folder / f"note{i}.md"
            note.write_text(f"# Note {i}\n" + "late at Joliet\n" * 500)
            uploads.append(note)
        host.command("ingest", *uploads)
        host.kill()
        host.start()
        wanted = [message(n) for n in numbers] + [f"upload:file:{u.name}" for u in uploads]
        wait_until("every accepted document is stored",
                   lambda: all(host.document(one) for one in wanted), 300)
        wait_until("nothing is left on its way",
                   lambda: metric(host, "gantry_inbox_pending") == 0
                   and metric(host, "gantry_staging_records") == 0)
        self.assertEqual(metric(host, "gantry_documents"), len(wanted))
        reconciled = host.command("reconcile", check=False)
        self.assertEqual(reconciled.returncode, 0, reconciled.stdout + reconciled.stderr)

    def test_an_unreadable_upload_is_a_dead_letter_and_can_be_tried_again(self):
        host = self.host("rollout = 0")
        broken = host.folder / "broken.pdf"
        broken.write_bytes(b"%PDF-1.4 nothing else")
        done = host.command("ingest", broken, "--wait", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("upload:file:broken.pdf ended as dead_letter", done.stderr)
        letters = json.loads(host.command("dlq", "list", "--json").stdout)["letters"]
        self.assertEqual([one["subject"] for one in letters], ["upload:file:broken.pdf"])
        again = host.command("dlq", "retry", letters[0]["id"], check=False)
        self.assertEqual(again.returncode, 1)  # it is as unreadable as before
        letter = json.loads(host.command("dlq", "show", letters[0]["id"], "--json").stdout)
        self.assertEqual(letter["attempts"], 2)


class Away(unittest.TestCase):
    """Each test has a server of its own, for it dies."""

    def setUp(self):
        self.server = Temporal()
        self.addCleanup(self.server.close)

    def host(self, *settings):
        host = Host(temporal_address=self.server.address)
        self.addCleanup(host.close)
        with open(host.folder / "conf.d/00-host.toml", "a") as conf:
            conf.write("".join(f"{one}\n" for one in settings))
        return host.start()

    def lines(self, host, event):
        return [line for line in host.log.read_text().splitlines() if f'"{event}"' in line]

    def test_an_outage_sends_documents_the_direct_way_and_its_end_brings_them_back(self):
        host = self.host("rollout = 100", 'rollout_when_away = "direct"')
        self.server.kill()
        self.assertEqual(host.post(front_event(1)).status, 202)
        wait_until("it is stored without Temporal", lambda: host.document(message(1)), 180)
        self.assertEqual(len(self.lines(host, "temporal_away")), 1)
        self.assertIn("temporal    away; while it is away its documents take the direct path",
                      host.command("rollout", "show").stdout)
        self.assertEqual(metric(host, "gantry_rollout_temporal_away"), 1)
        note = host.folder / "note.md"
        note.write_text("late\n")
        self.assertEqual(json.loads(host.command("ingest", note, "--wait", "--json", timeout=180)
                                    .stdout)["documents"][0]["path"], "direct")
        self.server.start()
        numbers = iter(range(2, 10_000))

        def through_temporal():
            number = next(numbers)
            self.assertEqual(host.post(front_event(number)).status, 202)
            wait_until("it is stored", lambda: host.document(message(number)), 180)
            return metric(host, "gantry_rollout_temporal_away") == 0
        wait_until("Temporal is asked again and answers", through_temporal, 300)
        self.assertEqual(len(self.lines(host, "temporal_back")), 1)

    def test_documents_of_the_direct_path_do_not_wait_for_a_temporal_that_is_away(self):
        host = self.host("rollout = 50")
        self.server.kill()
        numbers = range(300, 310)
        for number in numbers:
            self.assertEqual(host.post(front_event(number)).status, 202)
        direct = [n for n in numbers if bucket(message(n)) >= 50]
        waits = [n for n in numbers if n not in direct]
        self.assertTrue(direct and waits)
        wait_until("the direct ones are stored",
                   lambda: all(host.document(message(n)) for n in direct), 180)
        for number in waits:
            self.assertIsNone(host.document(message(number)))

        def told():
            status = json.loads(host.command("status", f"frontapp/evt_{waits[0]:06d}", "--json")
                                .stdout)
            return [one["activity"] for one in status.get("waiting", [])] == ["direct"]
        wait_until("status says that it waits", told)
        self.server.start()
        wait_until("the others follow with Temporal",
                   lambda: all(host.document(message(n)) for n in waits), 300)

    def test_a_host_that_never_met_temporal_serves_the_direct_path(self):
        self.server.kill()
        host = Host(temporal_address=self.server.address)
        self.addCleanup(host.close)
        host.environment["TEMPORAL_ROLLOUT"] = "0"
        host.start(wait=False)

        def delivered():
            with contextlib.suppress(OSError):
                return host.post(front_event(1)).status == 202
            return False
        wait_until("the door is open", delivered)
        wait_until("it is stored", lambda: host.document(message(1)), 120)
        self.assertEqual(host.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
