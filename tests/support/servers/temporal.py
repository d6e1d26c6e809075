"""Temporal's development server (its official CLI) on a free loopback port, in a folder of its own
(server.py). Its database outlives kill() and start()."""

import socket
import subprocess

from server import CACHE, Server

CLI = CACHE / "temporal/bin/temporal"


class Temporal(Server):
    def __init__(self):
        super().__init__("temporal")
        with self.beginning():
            self.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        self.launch([CLI, "server", "start-dev", "--headless", "--port", self.port, "--db-filename",
                     self.folder / "db", "--sqlite-pragma", "journal_mode=WAL", "--log-level",
                     "error"], self.answers)

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return self.cli("operator", "cluster", "health", check=False).returncode == 0
        except OSError:
            return False

    def cli(self, *arguments, check=True):
        done = subprocess.run([CLI, *map(str, arguments), "--address", self.address],
                              capture_output=True, text=True, timeout=60)
        if check and done.returncode != 0:
            raise RuntimeError(f"temporal {' '.join(map(str, arguments))}: {done.stderr}")
        return done
