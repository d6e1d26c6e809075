"""A fault proxy (Shopify's toxiproxy) on a free loopback port, see server.py.

As a program it prints {"port"}, that of its HTTP API, through which a test puts doors in front of
servers and makes them fail.
"""

import socket

from server import CACHE, Server, obey

VERSION = "2.5.0"


class FaultProxy(Server):
    def __init__(self):
        super().__init__("fault-proxy")
        with self.beginning():
            self.start()

    def start(self):
        self.launch([CACHE / f"toxiproxy-{VERSION}", "-host", "127.0.0.1", "-port", self.port],
                    self.answers)

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 10).close()
        except OSError:
            return False
        return True


def main():
    server = FaultProxy()
    obey(server, {"port": server.port})


if __name__ == "__main__":
    main()
