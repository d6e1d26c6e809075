"""A real Prometheus (Debian's prometheus) on a free loopback port, in a folder of its own (server.py)."""

import contextlib
import json
import pathlib
import urllib.error
import urllib.parse
import urllib.request

from server import Server


class Prometheus(Server):
    def __init__(self, configuration, *rules):
        """`configuration` is its prometheus.yml as text; `rules` are files that it names."""
        super().__init__("prometheus")
        with self.beginning():
            (self.folder / "prometheus.yml").write_text(configuration)
            for rule in map(pathlib.Path, rules):
                (self.folder / rule.name).write_text(rule.read_text())
            self.start()

    def start(self):
        self.launch(["prometheus", f"--config.file={self.folder}/prometheus.yml",
                     f"--storage.tsdb.path={self.folder}/data",
                     f"--web.listen-address=127.0.0.1:{self.port}"], self.answers)

    def answers(self):
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5):
                return True
        return False

    def ask(self, path, **parameters):
        """The data of an API call; RuntimeError with Prometheus' own words where it refuses."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as refused:
            raise RuntimeError(f"{path} {parameters}: {refused.read().decode()}") from None

    def query(self, expression):
        """The samples of an instant query: labels and value of each."""
        data = self.ask("query", query=expression)
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(one["metric"], float(one["value"][1])) for one in data["result"]]
