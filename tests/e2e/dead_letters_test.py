"""What goes wrong on the way into the stores: an outage delays, a poison record is a dead letter that an operator
mends and tries again, and a row that is lost is found by comparing."""

import json
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support/servers")]
from gantry_host import Host, front_event, front_headers, wait_until  # noqa: E402
from postgres import Postgres  # noqa: E402

PASSWORD = "open sesame"


class DeadLetters(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Postgres()
        cls.addClassCleanup(cls.server.close)
        cls.server.sql("CREATE DATABASE freight OWNER locked")
        cls.host = Host()
        cls.addClassCleanup(cls.host.close)
        (cls.host.folder / "conf.d/20-stores.toml").write_text(
            f'[stores.documents]\nurl = "postgresql://locked@127.0.0.1:{cls.server.port}/freight"\n'
            'password = "env:DB_PASSWORD"\n')
        cls.host.environment["DB_PASSWORD"] = PASSWORD
        cls.host.start()

    def command(self, *arguments, check=True):
        done = self.host.command(*arguments, "--json", check=check, timeout=300)
        return done.returncode, json.loads(done.stdout)

    def letters(self, *filters):
        return self.command("dlq", "list", *filters)[1]["letters"]

    def sql(self, text):
        return self.server.sql(text, "freight").strip()

    def deliver(self, number, text):
        self.assertEqual(self.host.post(front_event(number, text)).status, 202)

    def stored(self, number):
        return wait_until(f"message {number} is stored",
                          lambda: self.host.document(f"frontapp:message:msg_{number:06d}"), 180)

    def test_1_an_outage_delays_and_makes_no_dead_letter(self):
        self.deliver(1, "Reefer failed near Joliet")
        self.stored(1)
        self.server.kill()
        self.deliver(2, "Detention at Newark")
        waiting = wait_until("the write waits for the store", lambda: next(
            (one for one in self.command("status", "frontapp/evt_000002")[1].get("waiting", [])
             if one["for"] == "documents/postgres" and "next_try_at" in one), None), 180)
        self.assertEqual(waiting["activity"], "write_to_databases")
        said = self.host.command("status", "frontapp/evt_000002").stdout
        self.assertIn("waiting for documents/postgres", said)
        self.assertIn("attempt ", said)
        self.server.start()
        self.stored(2)
        self.assertEqual(self.letters(), [])

    def test_2_a_poison_record_is_kept_mended_and_tried_again(self):
        # A rule of the database that no record of ours knows: that write fails for good.
        self.sql("ALTER TABLE gantry.documents ADD CONSTRAINT sober CHECK (text NOT LIKE '%rum%')")
        self.deliver(3, "Forty barrels of rum for Portland")
        letter = wait_until("it is a dead letter", lambda: next(iter(self.letters()), None), 120)
        self.assertEqual((letter["kind"], letter["source"], letter["attempts"]),
                         ("record", "frontapp", 1))
        self.assertEqual(letter["subject"], "frontapp:message:msg_000003")
        self.assertEqual(self.letters("--source", "other"), [])
        self.assertEqual(self.letters("--kind", "undo"), [])

        shown = self.host.command("dlq", "show", letter["id"]).stdout
        self.assertIn("documents/postgres", shown)
        self.assertIn("untrusted", shown)
        self.assertNotIn("barrels", shown)
        payload = self.host.command("dlq", "show", letter["id"], "--payload").stdout
        self.assertEqual(json.loads(payload)["text"], "Forty barrels of rum for Portland")

        code, told = self.command("dlq", "retry", letter["id"], check=False)
        self.assertEqual((code, told["letters"][0]["state"]), (1, "failed again"))
        self.assertEqual(self.letters()[0]["attempts"], 2)

        self.sql("ALTER TABLE gantry.documents DROP CONSTRAINT sober")
        code, told = self.command("dlq", "retry", "--all")
        self.assertEqual((code, told["letters"][0]["state"]), (0, "resolved"))
        self.assertEqual(self.letters(), [])
        self.stored(3)
        self.assertNotIn("barrels", self.host.log.read_text())

    def test_3_a_delivery_that_nobody_can_read_is_resolved_with_a_note(self):
        body = b'{"type": '
        self.assertEqual(self.host.post(body, front_headers(body)).status, 202)
        letter = wait_until("it is a dead letter", lambda: next(iter(self.letters()), None), 120)
        self.assertEqual(letter["kind"], "delivery")
        code, stats = self.command("dlq", "stats")
        self.assertEqual((stats["total"], stats["counts"][0]["count"]), (1, 1))
        self.assertIn('gantry_dead_letters{source="frontapp",kind="delivery"} 1',
                      self.host.get("/metrics").body.decode())
        self.assertEqual(self.command("dlq", "retry", letter["id"], check=False)[0], 1)
        self.command("dlq", "resolve", letter["id"], "--note", "a probe of ours")
        self.assertEqual(self.letters(), [])
        self.assertIn("a probe of ours", self.host.log.read_text())
        self.assertEqual(self.host.command("dlq", "show", letter["id"], check=False).returncode, 1)

    def test_4_comparing_finds_a_row_that_was_lost(self):
        code, found = self.command("reconcile")
        self.assertEqual((code, found["differences"], found["documents"]), (0, [], 3))
        self.sql("DELETE FROM gantry.documents WHERE id = 'frontapp:message:msg_000002'")
        code, found = self.command("reconcile", check=False)
        self.assertEqual(code, 1)
        self.assertEqual([(one["kind"], one["subject"]) for one in found["differences"]],
                         [("document_missing", "frontapp:message:msg_000002")])
        self.assertIn("documents/postgres none", found["differences"][0]["detail"])
        self.assertIn("gantry_reconciler_differences 1", self.host.get("/metrics").body.decode())


if __name__ == "__main__":
    unittest.main()
