"""A host on a real Temporal server for the pages of docs/: what a page says of an installed machine
is done to it. What systemd and dpkg would do is done by signals; that they do is tests/package's."""

import contextlib
import json
import pathlib
import signal
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "support/servers")]
from gantry_host import BUILD, Host, free_port, request, wait_until  # noqa: E402
from page import Reader, Shell, environment  # noqa: E402
from temporal import CLI, Temporal  # noqa: E402


FRONT = """[source]
plugin = "frontapp"
[settings]
signing_key = "file:secrets/front"
"""


class TemporalWithUi(Temporal):
    def start(self):
        self.ui = free_port()
        self.launch([CLI, "server", "start-dev", "--port", self.port, "--ui-port", self.ui,
                     "--db-filename", self.folder / "db", "--log-level", "error"], self.answers)

    def found_by_ui(self, query):
        """What the UI's list asks for."""
        answer = request(self.ui, "GET", "/api/v1/namespaces/default/workflows?"
                         + urllib.parse.urlencode({"query": query}))
        return [one["execution"]["workflowId"] for one in answer.json().get("executions", [])]


class RunningHost:
    def __init__(self):
        self.server = TemporalWithUi()
        self.host = Host(temporal_address=self.server.address)
        self.folder = self.host.folder
        self.folder_of_conf = self.folder / "conf.d"
        self.host.environment = environment(
            f"{BUILD}:{CLI.parent}", TEMPORAL_ADDRESS=self.server.address)
        self.secret("front", "of-the-application")
        (self.folder_of_conf / "50-frontapp.toml").write_text(FRONT)
        self.saved = self.configuration()
        self.saved_environment = dict(self.host.environment)
        self.began_with = None
        # What is where on an installed machine, and here.
        self.here = {
            "127.0.0.1:8080": f"127.0.0.1:{self.host.ingress}",
            "127.0.0.1:8081": f"127.0.0.1:{self.host.admin}",
            "127.0.0.1:7233": self.server.address,
            "/usr/share/gantry/rollout": ROOT / "deploy/rollout",
            "/usr/share/doc/gantry/examples/conf.d": ROOT / "conf.d",
            "/usr/share/doc/gantry/examples/prometheus": ROOT / "deploy/prometheus",
            "/usr/share/doc/gantry/examples": ROOT / "examples",
            "/usr/lib/gantry/plugins": BUILD / "plugins",
            "/var/lib/gantry": self.folder / "state",
            "/etc/gantry": self.folder}

    def configuration(self):
        return {path.name: path.read_text() for path in self.folder_of_conf.iterdir()}

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return name

    def secret(self, name, value, mode=0o600):
        path = self.folder / "secrets" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(value + "\n")
        path.chmod(mode)
        return path

    def sample(self, number):
        """A delivery of its own, evt_N, which brings msg_N, as event.json."""
        text = (ROOT / "examples/front-inbound.json").read_text()
        return self.write("event.json", text.replace("evt_7h2k9q", f"evt_{number}")
                          .replace("msg_8c1", f"msg_{number}"))

    def conf(self, name, text, end=False):
        with open(self.folder_of_conf / name, "a" if end else "w") as file:
            file.write(text)

    def lines(self, event):
        with contextlib.suppress(FileNotFoundError):
            whole = self.host.log.read_text().rpartition("\n")[0]
            return [line for line in whole.splitlines() if f'"event":"{event}"' in line]
        return []

    def is_up(self):
        return self.host.process is not None and self.host.process.poll() is None

    def up(self, ready=True):
        """Runs, with the configuration that lies there now."""
        if self.is_up() and self.began_with != (self.configuration(), self.host.environment):
            self.down()
        if not self.is_up():
            self.began_with = self.configuration(), dict(self.host.environment)
            self.host.start(wait=ready)
            if not ready:
                wait_until("its doors open", lambda: self.host.log.exists() and self.answers())

    def answers(self):
        with contextlib.suppress(OSError):
            return self.host.get("/livez").status == 200
        return False

    def down(self):
        if self.is_up():
            self.host.stop()

    def reload(self):
        """Returns the event that tells how it went."""
        before = {event: len(self.lines(event)) for event in ("reloaded", "reload_refused")}
        self.host.process.send_signal(signal.SIGHUP)
        event = wait_until("the reload is answered", lambda: next(
            (one for one, count in before.items() if len(self.lines(one)) > count), None))
        if event == "reloaded":
            self.began_with = self.configuration(), dict(self.host.environment)
        return event

    def restore(self):
        """As it began; a host that runs with anything else is started anew when it is needed."""
        for path in self.folder_of_conf.iterdir():
            if path.name not in self.saved:
                path.unlink()
        for name, text in self.saved.items():
            (self.folder_of_conf / name).write_text(text)
        self.host.environment = dict(self.saved_environment)
        self.secret("front", "of-the-application")

    def found(self, query):
        """The ids that a list filter finds, the same whoever is asked, or nothing yet."""
        ways = [
            [one["id"] for one in json.loads(self.host.command(
                "workflows", "--query", query, "--json").stdout)["workflows"]],
            [one["execution"]["workflowId"] for one in json.loads(self.server.cli(
                "workflow", "list", "--query", query, "-o", "json").stdout or "[]")],
            self.server.found_by_ui(query)]
        return ways[0] if ways[0] and ways.count(ways[0]) == len(ways) else []

    # What stands for the machine that the package is installed on.

    def package(self, commands):
        output = ""
        for line in commands.splitlines():
            line, _, pipe = line.partition(" | ")
            output += self.machine(line)
            if pipe:
                self.write(".piped", output)
                code, output = self.shell.run(pipe, aside=True, stdin=".piped")
                if code != 0:
                    raise AssertionError(f"ended with {code}: {line} | {pipe}")
        return output

    def machine(self, line):
        if line == "journalctl -u gantry -o cat":
            return self.host.log.read_text()
        if line == "systemctl reload gantry":
            self.reload()
        elif line == "systemctl stop gantry":
            self.down()
        elif line == "systemctl enable --now gantry":
            self.up()
        elif line.startswith("dpkg -i gantry_"):  # The same build once more.
            self.down()
            self.up()
        else:
            raise AssertionError(f"nothing stands for: {line}")
        return ""

    @contextlib.contextmanager
    def reader(self, **kinds):
        self.shell = Shell(self.folder, self.host.environment)
        try:
            yield Reader(self.shell, {"sh package": self.package, **kinds}, self.here)
        finally:
            self.shell.close()

    def close(self):
        try:
            self.host.close()
        finally:
            self.server.close()
