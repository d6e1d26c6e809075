"""The stand-in for a Qdrant server (qdrant_stand_in.py says what it keeps) on a free loopback port.

As a program, `qdrant.py [VERSION [API_KEY]]`, it prints {"port"} and obeys as server.py says.
"""

import http.client
import pathlib
import sys

from server import Server, obey

STAND_IN = pathlib.Path(__file__).with_name("qdrant_stand_in.py")


class Qdrant(Server):
    def __init__(self, version="1.16.0", api_key=""):
        super().__init__("qdrant")
        self.version, self.api_key = version, api_key
        with self.beginning():
            self.start()

    def start(self):
        self.launch([sys.executable, "-B", "-E", "-S", STAND_IN, self.port, self.folder,
                     "--version", self.version, "--api-key", self.api_key], self.answers)

    def answers(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status in (200, 401)
        except OSError:
            return False
        finally:
            connection.close()


def main():
    server = Qdrant(*sys.argv[1:])
    obey(server, {"port": server.port})


if __name__ == "__main__":
    main()
