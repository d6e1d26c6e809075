"""A real Neo4j Community on free loopback ports, in a folder of its own (server.py).

As a program it prints {"port"}, that of its HTTP connector, and also obeys readonly and writable: it
starts anew so. It takes 10 to 60 s to be ready, so a
test process shares one. Neo4j comes from the folder that tools/test_servers.sh fetched it into.
"""

import base64
import http.client
import json

from server import CACHE, Server, free_port, obey

VERSION = "5.26.0"
SETTINGS = """\
server.bolt.listen_address=127.0.0.1:{bolt}
server.http.listen_address=127.0.0.1:{http}
server.https.enabled=false
dbms.security.auth_enabled={auth}
dbms.usage_report.enabled=false
server.memory.heap.max_size=512m
server.memory.pagecache.size=64m
db.tx_log.preallocate=false
"""  # Without preallocation a store is 2 MB instead of 516 MB.


class Neo4j(Server):
    """`password`: the user neo4j's; empty: everybody is let in."""

    def __init__(self, password=""):
        self.program = CACHE / f"neo4j-{VERSION}"
        if not self.program.is_dir():
            raise SystemExit(f"{self.program} has no Neo4j; run tools/test_servers.sh")
        super().__init__("neo4j")
        self.login = "neo4j:neo4j" if password else ""
        with self.beginning():
            (self.folder / "conf").mkdir()
            (self.folder / "conf/neo4j.conf").write_text(SETTINGS.format(
                bolt=free_port(), http=self.port, auth="true" if password else "false"))
            self.start()
            if password:
                self.cypher("ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $to",
                            {"to": password}, "system")
                self.login = f"neo4j:{password}"

    def start(self):
        opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED"
                 for package in ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")]
        self.launch(["java", "-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                     "-cp", self.program / "*", *opens, "org.neo4j.server.CommunityEntryPoint",
                     f"--home-dir={self.folder}", f"--config-dir={self.folder}/conf"],
                    self.answers, 240)

    def answers(self):
        """It listens long before it answers queries."""
        try:
            status, text = self.query("SHOW DATABASES", {}, "system")
        except (OSError, http.client.HTTPException):
            return False
        # A new server lets its first user do nothing but change the password.
        return status == 202 or "Security.CredentialsExpired" in text

    def query(self, statement, parameters, database):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(
                "POST", f"/db/{database}/query/v2",
                json.dumps({"statement": statement, "parameters": parameters}),
                {"Content-Type": "application/json",
                 "Authorization": "Basic " + base64.b64encode(self.login.encode()).decode()})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def cypher(self, statement, parameters=None, database="neo4j"):
        """Rows, as an operator gets them at the server's prompt."""
        status, text = self.query(statement, parameters or {}, database)
        if status != 202:
            raise RuntimeError(f"{statement}: {status} {text}")
        return json.loads(text)["data"]["values"]


    def start_as(self, readonly):
        """Only a start changes this setting in the Community edition."""
        setting = "server.databases.default_to_read_only"
        conf = self.folder / "conf/neo4j.conf"
        kept = [line for line in conf.read_text().splitlines() if not line.startswith(setting)]
        conf.write_text("\n".join([*kept, f"{setting}={str(readonly).lower()}", ""]))
        self.kill()
        self.start()


def main():
    server = Neo4j()
    obey(server, {"port": server.port}, {"readonly": lambda: server.start_as(True),
                                         "writable": lambda: server.start_as(False)})


if __name__ == "__main__":
    main()
