"""The four servers of a deployment, and what each of them holds."""

import contextlib
import http.client
import json
import time

from four_servers_test import PASSWORDS, choose_stores
from neo4j import Neo4j
from postgres import Postgres
from qdrant import Qdrant
from redis import Redis


class Servers(contextlib.ExitStack):
    """PostgreSQL, Qdrant (its stand-in), Neo4j and Redis."""

    def __init__(self):
        super().__init__()
        try:
            self.postgres = self.begin(Postgres)
            self.postgres.sql("CREATE DATABASE freight OWNER locked")
            self.qdrant = self.begin(Qdrant, "1.16.0", PASSWORDS["vectors"])
            self.redis = self.begin(Redis, PASSWORDS["cache"])
            self.neo4j = self.begin(Neo4j, PASSWORDS["graph"])
        except BaseException:
            self.close()
            raise

    def begin(self, make, *arguments):
        return self.enter_context(contextlib.closing(make(*arguments)))

    def by_name(self):
        return {"PostgreSQL": self.postgres, "Qdrant (stand-in)": self.qdrant, "Redis": self.redis,
                "Neo4j": self.neo4j}

    def serve(self, host):
        choose_stores(host, {
            "documents": f"postgresql://locked@127.0.0.1:{self.postgres.port}/freight",
            "vectors": f"qdrant+http://127.0.0.1:{self.qdrant.port}",
            "graph": f"neo4j+http://neo4j@127.0.0.1:{self.neo4j.port}/neo4j",
            "cache": f"redis://default@127.0.0.1:{self.redis.port}/1"})

    def documents(self):
        """The ids that each store has, one for each row, point or node, sorted."""
        rows = self.postgres.sql("SELECT id FROM gantry.documents WHERE present", "freight")
        return {"PostgreSQL": sorted(rows.split()), "Qdrant (stand-in)": sorted(self._points()),
                "Neo4j": sorted(row[0] for row in self.neo4j.cypher(
                    "MATCH (d:GantryDocument) RETURN d.id"))}

    def locks(self, patience=60):
        """How many documents are still locked."""
        until = time.monotonic() + patience
        while True:
            left = int(self.redis.say(
                "EVAL", "redis.call('SELECT', 1) return #redis.call('KEYS', 'gantry:lock:*')",
                "0").strip(b":\r\n"))
            if left == 0 or time.monotonic() > until:
                return left
            time.sleep(0.2)

    def _points(self):
        live = {"must": [{"key": "live", "match": {"value": True}}]}
        for one in self._ask("GET", "/collections")["collections"]:
            if one["name"] == "gantry-ledger":
                continue
            found = self._ask("POST", f"/collections/{one['name']}/points/scroll", {
                "filter": live, "limit": 1_000_000, "with_payload": ["document_id"]})
            yield from (point["payload"]["document_id"] for point in found["points"])

    def _ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.qdrant.port, timeout=60)
        try:
            connection.request(method, path, json.dumps(body) if body else None,
                               {"api-key": PASSWORDS["vectors"]})
            return json.loads(connection.getresponse().read())["result"]
        finally:
            connection.close()
