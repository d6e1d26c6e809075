"""A real Redis (Debian's redis-server) on a free loopback port, in a folder of its own (server.py).

As a program, `redis.py [PASSWORD [OPTION…]]`, it prints {"port"} and also obeys: empty (killed, its
data lost, started), readonly (a replica of nobody), full (no memory for a write), writable, and unlock
(every lease of Gantry's has passed). Every write is in the append-only file before it is answered, so
that start after kill finds it.
"""

import shutil
import socket
import sys

from server import Server, free_port, obey


class Redis(Server):
    def __init__(self, password="", *options):
        super().__init__("redis")
        self.password = password
        self.options = options
        with self.beginning():
            self.start()

    def start(self):
        self.launch(["redis-server", "--bind", "127.0.0.1", "--port", self.port, "--dir",
                     self.folder, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
                     *(["--requirepass", self.password] if self.password else []), *self.options],
                    self.answers)

    def answers(self):
        """It listens before it has read its file; until then it answers LOADING."""
        try:
            return self.say(b"PING").startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False

    def say(self, *words):
        """What an operator gets at the server's prompt, as it comes over the wire."""
        words = [word if isinstance(word, bytes) else word.encode() for word in words]
        command = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
        with socket.create_connection(("127.0.0.1", self.port), 10) as server:
            if self.password and words != [b"PING"]:
                server.sendall(b"AUTH " + self.password.encode() + b"\r\n")
                server.recv(4096)
            server.sendall(b"*%d\r\n" % len(words) + command)
            return server.recv(1 << 20)

    def order(self, *words):
        answer = self.say(*words)
        if not answer.startswith(b"+OK"):
            raise RuntimeError(f"{words}: {answer}")

    def readonly(self):
        self.order("REPLICAOF", "127.0.0.1", str(free_port()))

    def full(self):
        self.order("CONFIG", "SET", "maxmemory", "1")

    def writable(self):
        self.order("CONFIG", "SET", "maxmemory", "0")
        self.order("REPLICAOF", "NO", "ONE")

    def unlock(self):
        self.order("EVAL", "for _, key in ipairs(redis.call('KEYS', 'gantry:lock:*')) do"
                   " redis.call('DEL', key) end return redis.status_reply('OK')", "0")

    def empty(self):
        self.kill()
        shutil.rmtree(self.folder / "appendonlydir")
        self.start()


def main():
    server = Redis(*sys.argv[1:])
    obey(server, {"port": server.port}, {
        "empty": server.empty, "readonly": server.readonly, "full": server.full,
        "writable": server.writable, "unlock": server.unlock})


if __name__ == "__main__":
    main()
