"""A host with each of its stores on a server of its own: PostgreSQL, Qdrant's stand-in, Neo4j, Redis."""

import http.client
import json
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support/servers")]
from gantry_host import Host, free_port, front_event, wait_until  # noqa: E402
from neo4j import Neo4j  # noqa: E402
from postgres import Postgres  # noqa: E402
from qdrant import Qdrant  # noqa: E402
from redis import Redis  # noqa: E402

PASSWORDS = {"documents": "open sesame", "vectors": "qdrant-key-1", "graph": "graph-secret-1",
             "cache": "cache-secret-1"}
NAMES = ["documents/postgres", "vectors/qdrant", "graph/neo4j", "cache/redis"]


def choose_stores(host, urls):
    """Writes 20-stores.toml; the secrets go into the environment, where a deployment has them."""
    text = ""
    for port, url in urls.items():
        text += f'[stores.{port}]\nurl = "{url}"\npassword = "env:{port.upper()}_SECRET"\n'
        host.environment[f"{port.upper()}_SECRET"] = PASSWORDS[port]
    (host.folder / "conf.d/20-stores.toml").write_text(text)


def stores_of(host):
    return {one["name"]: one["reachable"] for one in host.get("/readyz").json()["stores"]}


class FourServers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        def begin(make, *arguments):
            server = make(*arguments)
            cls.addClassCleanup(server.close)
            return server
        cls.postgres = begin(Postgres)
        cls.postgres.sql("CREATE DATABASE freight OWNER locked")
        cls.qdrant = begin(Qdrant, "1.16.0", PASSWORDS["vectors"])
        cls.redis = begin(Redis, PASSWORDS["cache"])
        cls.neo4j = begin(Neo4j, PASSWORDS["graph"])
        cls.host = begin(Host)
        choose_stores(cls.host, {
            "documents": f"postgresql://locked@127.0.0.1:{cls.postgres.port}/freight",
            "vectors": f"qdrant+http://127.0.0.1:{cls.qdrant.port}",
            "graph": f"neo4j+http://neo4j@127.0.0.1:{cls.neo4j.port}/neo4j",
            "cache": f"redis://default@127.0.0.1:{cls.redis.port}/1"})

    def stored(self, number):
        return wait_until(f"message {number} is stored",
                          lambda: self.host.document(f"frontapp:message:msg_{number:06d}"), 180)

    def status(self, number):
        return self.host.command("status", f"frontapp/evt_{number:06d}", "--json",
                                 check=False).stdout

    def points(self, document_id):
        """How many points of a document Qdrant has that a search may find."""
        def ask(method, path, body=None):
            connection = http.client.HTTPConnection("127.0.0.1", self.qdrant.port, timeout=30)
            connection.request(method, path, json.dumps(body) if body else None,
                               {"api-key": PASSWORDS["vectors"]})
            result = json.loads(connection.getresponse().read())["result"]
            connection.close()
            return result
        own = [{"key": "document_id", "match": {"value": document_id}},
               {"key": "live", "match": {"value": True}}]
        return sum(ask("POST", f"/collections/{one['name']}/points/count",
                       {"filter": {"must": own}, "exact": True})["count"]
                   for one in ask("GET", "/collections")["collections"]
                   if one["name"] != "gantry-ledger")

    def in_redis(self, *words):
        """What database 1 answers, where the host is sent to."""
        script = "redis.call('SELECT', 1) return redis.call(unpack(ARGV))"
        return self.redis.say("EVAL", script, "0", *words)

    def test_1_a_look_before_the_first_start_makes_nothing_and_says_so(self):
        rows = self.host.command("doctor", "--json", check=False).stdout
        rows = json.loads(rows)["rows"]
        states = {row["name"]: row["state"] for row in rows}
        details = {row["name"]: row["detail"] for row in rows}
        for name in NAMES[:3]:
            self.assertEqual(states["store " + name], "warn", name)
        servers = ("PostgreSQL 1", "Qdrant 1.", "Neo4j 5.", "Redis ")
        for name, server in zip(NAMES, servers, strict=True):
            self.assertTrue(details["store " + name].startswith(server), details["store " + name])
        for name in (NAMES[0], NAMES[2], NAMES[3]):
            self.assertRegex(details["clock"], rf"{name} \d+ ms (ahead|behind)")
        self.assertEqual(states["store cache/redis"], states["configuration"])
        self.assertEqual(self.neo4j.cypher("SHOW CONSTRAINTS"), [])

    def test_2_a_delivery_ends_in_all_four(self):
        self.host.start()
        self.assertEqual(stores_of(self.host), dict.fromkeys(NAMES, True))
        text = "Reefer failed near Joliet, load #4711"
        self.assertEqual(self.host.post(front_event(1, text)).status, 202)
        self.stored(1)
        document = "frontapp:message:msg_000001"
        self.assertEqual(self.postgres.sql(
            f"SELECT text FROM gantry.documents WHERE id = '{document}'", "freight").strip(), text)
        # The stores are written at once: that the document is there says nothing of the others.
        wait_until("its vector is stored", lambda: self.points(document) == 1)
        wait_until("its load is in the graph", lambda: ["load", "4711"] in self.neo4j.cypher(
            "MATCH (:GantryDocument {id: $id})-[:MENTIONS]->(e) RETURN e.kind, e.value",
            {"id": document}), 120)
        self.assertIn(b"gantry:value:", wait_until(
            "the result is cached", lambda: self.in_redis("KEYS", "gantry:value:*")))
        self.assertRegex(self.in_redis("GET", "gantry:fence"), rb"\d{16}")
        # A lock that is left would keep the next version of the document out.
        wait_until("the lock is released",
                   lambda: self.in_redis("KEYS", "gantry:lock:*") == b"*0\r\n")
        wait_until("the saga is settled", lambda: self.neo4j.cypher(
            "MATCH (d:GantryDocument) WHERE d.undoable RETURN count(d)") == [[0]])

    def test_3_search_finds_it_by_words_and_by_vector(self):
        hits = json.loads(self.host.command("search", "reefer joliet", "--json").stdout)["hits"]
        self.assertEqual(hits[0]["id"], "frontapp:message:msg_000001")
        self.assertEqual(hits[0]["why"], ["text", "vector"])

    def test_4_what_comes_while_a_server_is_dead_is_stored_when_it_is_back(self):
        for number, server, name in ((2, self.qdrant, "vectors/qdrant"),
                                     (3, self.redis, "cache/redis")):
            with self.subTest(name):
                server.kill()
                self.assertFalse(stores_of(self.host)[name])
                self.assertEqual(self.host.post(front_event(number)).status, 202)
                wait_until("it waits for the store",
                           lambda: f"waiting for {name}" in self.status(number), 180)
                server.start()
                self.stored(number)
                self.assertTrue(stores_of(self.host)[name])

    def test_5_the_door_stays_open_without_the_graph(self):
        self.neo4j.kill()
        self.assertEqual(self.host.post(front_event(4)).status, 202)
        self.assertIn("evt_000004", self.status(4))
        self.assertFalse(stores_of(self.host)["graph/neo4j"])

    def test_6_no_secret_is_in_a_log(self):
        log = self.host.log.read_text()
        for secret in PASSWORDS.values():
            self.assertNotIn(secret, log)


class NoServer(unittest.TestCase):
    def test_a_host_starts_and_takes_deliveries_while_all_of_them_are_away(self):
        host = Host()
        self.addCleanup(host.close)
        choose_stores(host, {
            "documents": f"postgresql://locked@127.0.0.1:{free_port()}/freight",
            "vectors": f"qdrant+http://127.0.0.1:{free_port()}",
            "graph": f"neo4j+http://neo4j@127.0.0.1:{free_port()}",
            "cache": f"redis://127.0.0.1:{free_port()}"})
        host.start()
        self.assertEqual(stores_of(host), dict.fromkeys(NAMES, False))
        self.assertEqual(host.post(front_event(1)).status, 202)


if __name__ == "__main__":
    unittest.main()
