"""Hosts that share one Temporal server, and what an operator can ask of them."""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

from gantry_host import Host
from temporal import CLI


def say(text):
    print(f"load: {text}", file=sys.stderr, flush=True)


class Progress:
    """A line that is drawn over itself on a terminal, and a line now and then elsewhere."""

    def __init__(self, what, pause=30):
        self.what, self.pause = what, 0.2 if sys.stderr.isatty() else pause
        self.next = time.monotonic() + self.pause

    def draw(self, text):
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + self.pause
        if sys.stderr.isatty():
            print(f"\r\033[K{self.what}: {text}", end="", file=sys.stderr, flush=True)
        else:
            say(f"{self.what}: {text}")

    def end(self):
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)


class Metrics:
    """One scrape."""

    def __init__(self, text):
        self.text = text

    def total(self, name, **labels):
        """The sum of the series that have these labels."""
        found = 0.0
        for inside, value in re.findall(rf"^{name}(?:{{(.*)}})? ([0-9.e+-]+)$", self.text, re.M):
            have = dict(re.findall(r'(\w+)="([^"]*)"', inside))
            if labels.items() <= have.items():
                found += float(value)
        return found


class World(contextlib.ExitStack):
    """The first host starts the Temporal server, as every host does that has no address of one; the
    others use it too. Ends what it began, in the reverse order."""

    def __init__(self):
        super().__init__()
        self.first = None

    @property
    def temporal(self):
        return f"127.0.0.1:{self.first.engine}"

    def host(self, fanout="auto"):
        """Not started yet."""
        address = self.temporal if self.first else ""
        host = self.enter_context(contextlib.closing(
            Host(temporal_address=address, fanout=fanout)))
        self.first = self.first or host
        with open(host.folder / "conf.d/00-host.toml", "a") as conf:
            # All deliveries of a burst come from this machine at once.
            conf.write("ingress.connections_per_address_max = 4096\n")
        return host

    def processes(self):
        """The first host and the Temporal server that is its child."""
        own = self.first.process.pid
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                name, rest = stat.read_text().split(" (", 1)[1].rsplit(") ", 1)
                if name.startswith("temporal") and int(rest.split()[1]) == own:
                    return {"host": own, "server": int(stat.parent.name)}
        raise RuntimeError("the host has no Temporal server")

    def completed(self, wanted, patience=30):
        """How many workflows of deliveries and documents ended well; listings lag behind."""
        until = time.monotonic() + patience
        while True:
            counted = subprocess.run(
                [CLI, "workflow", "count", "--address", self.temporal, "-o", "json", "-q",
                 "ExecutionStatus='Completed' AND WorkflowType IN ('WebhookIngestionWorkflow',"
                 "'DocumentIngestionWorkflow')"], capture_output=True, text=True, timeout=60,
                check=True)
            count = int(json.loads(counted.stdout).get("count", 0))
            if count == wanted or time.monotonic() > until:
                return count
            time.sleep(0.2)


def metrics(host):
    return Metrics(host.get("/metrics").body.decode())


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def set_rollout(host, path):
    host.command("rollout", "set", "100" if path == "temporal" else "0")


def reconciled(host):
    """(Everything agrees, documents compared, what was said)."""
    done = host.command("reconcile", "--json", check=False, timeout=660)
    try:
        found = json.loads(done.stdout)
    except ValueError:
        return False, 0, done.stdout + done.stderr
    said = [*found.get("problems", []), *(f"{one['kind']} {one['subject']}"
                                          for one in found.get("differences", []))]
    return done.returncode == 0, int(found.get("documents", 0)), f"{len(said)}: {said[:1]}"
