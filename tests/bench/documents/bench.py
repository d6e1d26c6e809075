"""Documents per second, webhook to stored document: Gantry beside the roadmap's Python design.

Both run against the same Temporal development server build, each round on a fresh database, rounds
interleaved. Prints a table; --json FILE gets rows {name, ours, peer, unit, ratio, bar, holds,
conditions}.

Usage: bench.py BUILD_DIR [--rounds N] [--documents N] [--tmp DIR] [--json FILE]
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "e2e"))
CACHE = pathlib.Path(os.environ.get("GANTRY_CACHE", pathlib.Path.home() / ".cache/gantry"))
PYTHON = CACHE / "bench-python/bin/python"
TEMPORAL = CACHE / "temporal/bin/temporal"
TICKS = os.sysconf("SC_CLK_TCK")
IN_FLIGHT = 20
TEXT = ("Driver at gate for LD-{0:06d}, PRO 77120{0:04d}. Rate $1,250.00 from Joliet, IL to "
        "Newark, NJ. Contact disp@carrier.example. ") * 6


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def temporal(address, *arguments):
    done = subprocess.run([TEMPORAL, *arguments, "--address", address, "-o", "json"],
                          capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


class Server:
    def __init__(self, folder):
        from gantry_host import free_port, wait_until
        self.address = f"127.0.0.1:{free_port()}"
        self.process = subprocess.Popen(
            [TEMPORAL, "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port",
             self.address.split(":")[1], "--db-filename", f"{folder}/temporal.db",
             "--log-level", "error", "--search-attribute", "Source=Keyword", "--search-attribute",
             "Priority=Keyword", "--search-attribute", "DocumentId=Keyword",
             "--search-attribute", "Status=Keyword"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until("the Temporal server serves", lambda: subprocess.run(
            [TEMPORAL, "operator", "cluster", "health", "--address", self.address],
            capture_output=True).returncode == 0)

    def events(self, workflow_id):
        info = temporal(self.address, "workflow", "describe", "-w", workflow_id)
        return int(info["workflowExecutionInfo"]["historyLength"])

    def stop(self):
        self.process.terminate()
        self.process.wait()


def counter(text, name, label=""):
    values = re.findall(rf"^{name}(?:{{[^}}]*{label}[^}}]*}})? ([0-9.e+]+)$", text, re.M)
    return sum(map(float, values))


def run_ours(count, folder, fanout):
    from gantry_host import Host, front_event, front_headers
    server = Server(folder)
    host = Host(temporal_address=server.address, fanout=fanout)
    try:
        host.start()
        bodies = [front_event(n, TEXT.format(n)) for n in range(count)]
        cpu = cpu_seconds(server.process.pid), cpu_seconds(host.process.pid)
        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(IN_FLIGHT) as pool:
            statuses = list(pool.map(lambda b: host.post(b, front_headers(b)).status, bodies))
        assert statuses == [202] * count, statuses

        def stored():
            return counter(host.get("/metrics").body.decode(),
                           "gantry_ingestion_records_total", 'outcome="stored"')
        while stored() < count:
            time.sleep(0.05)
            assert time.monotonic() - started < 600, "documents did not arrive"
        seconds = time.monotonic() - started
        usage = (cpu_seconds(server.process.pid) - cpu[0], cpu_seconds(host.process.pid) - cpu[1])
        status = pathlib.Path(f"/proc/{host.process.pid}/status").read_text()
        version = host.document("frontapp:message:msg_000000")["version"]
        events = server.events("webhook:frontapp:evt_000000")
        if fanout == "record":
            events += server.events(f"doc:frontapp:message:msg_000000@{version}")
        return {"rate": count / seconds, "server_ms": usage[0] * 1000 / count,
                "worker_ms": usage[1] * 1000 / count, "events": events,
                "rss_mb": int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024}
    finally:
        host.close()
        server.stop()


def run_peer(count, folder):
    from gantry_host import SIGNING_KEY, front_event, front_headers
    server = Server(folder)
    try:
        deliveries = pathlib.Path(folder) / "deliveries.jsonl"
        with open(deliveries, "w") as out:
            for n in range(count):
                body = front_event(n, TEXT.format(n))
                headers = front_headers(body)
                out.write(json.dumps({
                    "id": f"evt_{n:06d}", "body": body.decode(),
                    "timestamp": headers["x-front-request-timestamp"],
                    "signature": headers["x-front-signature"]}) + "\n")
        cpu = cpu_seconds(server.process.pid)
        done = subprocess.run(
            [PYTHON, HERE / "roadmap_design.py", server.address, deliveries, str(count),
             str(IN_FLIGHT), folder], capture_output=True, text=True, timeout=900,
            env={**os.environ, "SIGNING_KEY": SIGNING_KEY})
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout)
        assert result["documents"] == count, result
        events = server.events("webhook:evt_000000") + server.events(
            "doc:frontapp:message:msg_000000@1767225599412")
        return {"rate": count / result["seconds"],
                "server_ms": (cpu_seconds(server.process.pid) - cpu) * 1000 / count,
                "worker_ms": result["worker_cpu_s"] * 1000 / count, "events": events,
                "rss_mb": result["rss_mb"]}
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--json")
    parser.add_argument("--tmp", help="folder for all state, e.g. /dev/shm to take the disk out")
    options = parser.parse_args()
    os.environ["GANTRY_BUILD_DIR"] = options.build
    tempfile.tempdir = options.tmp

    sides = {"auto": lambda folder: run_ours(options.documents, folder, "auto"),
             "record": lambda folder: run_ours(options.documents, folder, "record"),
             "python": lambda folder: run_peer(options.documents, folder)}
    results = {name: [] for name in sides}
    for number in range(options.rounds):
        for name, run in sides.items():
            with tempfile.TemporaryDirectory(prefix="gantry-bench-") as folder:
                results[name].append(run(folder))
            print(f"round {number + 1} {name:7}",
                  {k: round(v, 1) for k, v in results[name][-1].items()}, file=sys.stderr)

    def median(results, key):
        return statistics.median(r[key] for r in results)

    conditions = (f"{options.documents} Front deliveries, {IN_FLIGHT} in flight, {options.rounds} "
                  "interleaved rounds, development server and worker on the same two cores; peer: "
                  "the roadmap's Python design, started without HTTP")
    rows = []
    for side in ("auto", "record"):
        for key, unit, bar in (("rate", "documents/s", 5.0),
                               ("server_ms", "server CPU-ms/document", None),
                               ("worker_ms", "worker CPU-ms/document", None),
                               ("events", "history events/document", None),
                               ("rss_mb", "MB", None)):
            mine, theirs = median(results[side], key), median(results["python"], key)
            ratio = mine / theirs
            rows.append({"name": f"documents, fanout={side}: {unit}", "ours": round(mine, 2),
                         "peer": round(theirs, 2), "unit": unit, "ratio": round(ratio, 2),
                         "bar": bar if side == "auto" else None,
                         "holds": bar is None or side != "auto" or ratio >= bar,
                         "conditions": conditions})
    for row in rows:
        bar = "" if row["bar"] is None else f"  bar {row['bar']}: {'holds' if row['holds'] else 'FAILS'}"
        print(f"{row['name']:52} {row['ours']:>10} {row['peer']:>10}  x{row['ratio']}{bar}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
