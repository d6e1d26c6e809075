"""A host whose documents and vectors are in a real PostgreSQL, which dies and comes back."""

import json
import pathlib
import re
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support/servers")]
from gantry_host import Host, front_event, wait_until  # noqa: E402
from postgres import Postgres  # noqa: E402

PASSWORD = "open sesame"


class PostgresStores(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Postgres()
        cls.addClassCleanup(cls.server.close)
        # An administrator adds pgvector; the host's own role makes its tables.
        cls.server.sql("CREATE DATABASE freight OWNER locked")
        cls.server.sql("CREATE EXTENSION vector", "freight")
        cls.host = Host()
        cls.addClassCleanup(cls.host.close)
        url = f"postgresql://locked@127.0.0.1:{cls.server.port}/freight"
        (cls.host.folder / "conf.d/20-stores.toml").write_text("".join(
            f'[stores.{port}]\nurl = "{url}"\npassword = "env:DB_PASSWORD"\n'
            for port in ("documents", "vectors")))
        cls.host.environment["DB_PASSWORD"] = PASSWORD
        cls.host.start()

    def stored(self, number):
        return wait_until(f"message {number} is stored",
                          lambda: self.host.document(f"frontapp:message:msg_{number:06d}"), 120)

    def waits_for_documents(self):
        """What message 2 waits for, once that is past its first tries."""
        status = self.host.get("/status/frontapp%2Fevt_000002").json()
        delays = re.search(r'gantry_ingestion_delays_total{source="frontapp"} (\d+)',
                           self.host.get("/metrics").body.decode())
        if not delays or int(delays[1]) < 5:
            return None
        return next((one for one in status.get("waiting", [])
                     if one["for"] == "documents/postgres"), None)

    def stores(self):
        return {one["name"]: one["reachable"] for one in self.host.get("/readyz").json()["stores"]}

    def test_1_a_delivery_becomes_a_row_that_search_finds(self):
        self.assertEqual(self.host.post(front_event(1, "Reefer failed near Joliet")).status, 202)
        self.stored(1)
        self.assertEqual(self.server.sql(
            "SELECT text FROM gantry.documents WHERE id = 'frontapp:message:msg_000001'",
            "freight").strip(), "Reefer failed near Joliet")
        wait_until("the saga is settled", lambda: self.server.sql(
            "SELECT count(*) FROM gantry.documents_before", "freight").strip() == "0")
        hits = json.loads(self.host.command("search", "reefer joliet", "--json").stdout)["hits"]
        self.assertEqual(hits[0]["id"], "frontapp:message:msg_000001")
        self.assertEqual(hits[0]["why"], ["text", "vector"])
        self.assertEqual(self.stores(), {"documents/postgres": True, "vectors/postgres": True,
                                         "graph/embedded": True, "cache/embedded": True})
        rows = self.host.command("doctor", "--json", check=False).stdout
        states = {row["name"]: row["state"] for row in json.loads(rows)["rows"]}
        self.assertEqual(states["store documents/postgres"], states["configuration"])

    def test_2_what_comes_while_the_server_is_dead_is_stored_when_it_is_back(self):
        self.server.kill()
        self.assertFalse(self.stores()["documents/postgres"])
        self.assertEqual(self.host.post(front_event(2, "Detention at Newark")).status, 202)
        # The tries that every write has end after some 30 s; from then on it waits, and says so.
        waiting = wait_until("it waits for the store", self.waits_for_documents, 180)
        self.assertEqual(waiting["activity"], "write_to_databases")
        self.assertIn("waiting for documents/postgres", self.host.command(
            "status", "frontapp/evt_000002").stdout)
        self.assertIn('gantry_ingestion_delays_total{source="frontapp"}',
                      self.host.get("/metrics").body.decode())
        self.server.start()
        self.stored(2)
        self.assertTrue(self.stores()["documents/postgres"])

    def test_3_the_password_is_in_no_log(self):
        self.assertNotIn(PASSWORD, self.host.log.read_text())

    def test_4_a_wrong_password_ends_the_start_and_says_what_to_do(self):
        other = Host()
        self.addCleanup(other.close)
        url = f"postgresql://locked@127.0.0.1:{self.server.port}/freight"
        (other.folder / "conf.d/20-stores.toml").write_text(
            f'[stores.documents]\nurl = "{url}"\npassword = "env:DB_PASSWORD"\n')
        other.environment["DB_PASSWORD"] = "hunter2"
        done = other.command("run", check=False)
        self.assertEqual(done.returncode, 1)
        said = done.stdout + done.stderr
        self.assertIn("check the user and its password", said)
        self.assertNotIn("hunter2", said)

    def test_5_a_check_refuses_a_store_that_nobody_could_open_and_asks_nobody(self):
        other = Host()
        self.addCleanup(other.close)
        stores = other.folder / "conf.d/20-stores.toml"
        for text, words in (
                ('[stores.vectors]\nurl = "qdrant+https://ann@db"\n', "Qdrant knows no users"),
                ('[stores.cache]\nurl = "redis://db"\npassword = "env:NOBODY_SET_IT"\n',
                 "NOBODY_SET_IT")):
            stores.write_text(text)
            done = other.command("check", "--offline", check=False)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn(words, done.stdout)
            self.assertIn("mend 20-stores.toml", done.stdout)
        stores.write_text('[stores.graph]\nurl = "neo4j+http://127.0.0.1:9"\n')
        other.command("check", "--offline")


if __name__ == "__main__":
    unittest.main()
