"""Requests per second at the public door: Gantry's listener and inbox beside a bare Node.js receiver.

Both do the same for each request: HMAC-SHA256 over 1 KiB as Front signs, dedup by id, append, one
fsync per group, then the answer. The same load on both: 64 keep-alive connections, every delivery
distinct, rounds interleaved. Node runs as one process and as a cluster of two; the better counts.
Then one long run on ours for its memory. Prints a table; --json FILE gets rows {name, ours, peer,
unit, ratio, bar, holds, conditions}.

Usage: bench.py BUILD_DIR [--rounds N] [--requests N] [--long N] [--json FILE]
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
CONNECTIONS = 64


def memory_mb(pid, field):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def family(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid] + [int(child) for child in children]


def cpu_us(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1e6 / os.sysconf("SC_CLK_TCK")


class Receiver:
    """A server on its own directory; `with` starts it and stops it."""

    def __init__(self, command):
        self.command = command

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="gantry-bench-")
        command = [self.folder if part == "DIRECTORY" else part for part in self.command]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{command[0]} did not start")
        self.port = line.strip()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        shutil.rmtree(self.folder)

    def cpu_us(self):
        return sum(cpu_us(pid) for pid in family(self.process.pid))

    def rss(self, field="VmHWM"):
        return sum(memory_mb(pid, field) for pid in family(self.process.pid))


def load(build, receiver, requests):
    done = subprocess.run([build / "ingress_load", receiver.port, str(requests), str(CONNECTIONS)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"the load generator failed: {done.stderr.strip()}")
    result = json.loads(done.stdout)
    if result["failed"]:
        raise SystemExit(f"{result['failed']} of {requests} requests were not answered 202")
    return result


def measure(build, command, requests):
    with Receiver(command) as receiver:
        load(build, receiver, requests // 10)  # Warm: caches here, the JIT there.
        before = receiver.cpu_us()
        result = load(build, receiver, requests)
        result["cpu_us"] = (receiver.cpu_us() - before) / requests
        result["rss_mb"] = receiver.rss()
    return result


def long_run(build, command, requests):
    """The receiver's memory at each tenth of a long run."""
    samples = []
    with Receiver(command) as receiver:
        for _ in range(10):
            load(build, receiver, requests // 10)
            samples.append(receiver.rss("VmRSS"))
        return samples, receiver.rss()


def median(results, key):
    return statistics.median(result[key] for result in results)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--long", type=int, default=1_000_000)
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    build = arguments.build / "tests/bench/ingress"
    node = shutil.which("node")
    if not node:
        raise SystemExit("node is missing; install the package nodejs")

    ours = [str(build / "ingress_server"), "DIRECTORY"]
    commands = {"ours": ours}
    for workers in ("1", "2"):
        commands["node x" + workers] = [node, str(HERE / "node_receiver.js"), "DIRECTORY", workers]
    results = {name: [] for name in commands}
    for number in range(arguments.rounds):
        for name, command in commands.items():
            result = measure(build, command, arguments.requests)
            results[name].append(result)
            print(f"round {number + 1} {name:8} {result['rate']:8.0f}/s  p99 "
                  f"{result['p99_ms']:6.2f} ms  CPU {result['cpu_us']:5.1f} us  RSS {result['rss_mb']:5.1f} MB", file=sys.stderr)
    print(f"memory over {arguments.long} deliveries", file=sys.stderr)
    samples, peak = long_run(build, ours, arguments.long)

    peer = max((name for name in results if name != "ours"),
               key=lambda name: median(results[name], "rate"))
    mine, theirs = results["ours"], results[peer]
    conditions = (f"1 KiB signed bodies, {CONNECTIONS} connections, distinct ids, answered after "
                  f"fsync; {os.cpu_count()} cores shared with the load; median of "
                  f"{arguments.rounds} interleaved rounds of {arguments.requests}; peer: {peer}")
    rate = (median(mine, "rate"), median(theirs, "rate"))
    p99 = (median(mine, "p99_ms"), median(theirs, "p99_ms"))
    cpu = (median(mine, "cpu_us"), median(theirs, "cpu_us"))
    # From the third tenth on every buffer and cache has been full once; a single sample swings with
    # how full the memtables are.
    early, late = statistics.mean(samples[2:5]), statistics.mean(samples[7:10])
    growth = late / early
    rows = [
        dict(name="ingress requests", ours=rate[0], peer=rate[1], unit="1/s",
             ratio=rate[0] / rate[1], bar="ratio >= 1", holds=rate[0] >= rate[1]),
        dict(name="ingress p99", ours=p99[0], peer=p99[1], unit="ms", ratio=p99[0] / p99[1],
             bar="ours <= 10 ms", holds=p99[0] <= 10),
        dict(name="ingress CPU per request", ours=cpu[0], peer=cpu[1], unit="us",
             ratio=cpu[0] / cpu[1], bar="ratio <= 1", holds=cpu[0] <= cpu[1]),
        dict(name="ingress RSS", ours=peak, peer=median(theirs, "rss_mb"), unit="MB",
             ratio=peak / median(theirs, "rss_mb"), bar="ours <= 60 MB", holds=peak <= 60),
        dict(name=f"ingress RSS growth over {arguments.long}", ours=late, peer=early,
             unit="MB", ratio=growth, bar="tenths 8-10 <= 1.1 x 3-5", holds=growth <= 1.1),
    ]
    for row in rows:
        row["conditions"] = conditions
        print(f"{row['name']:36} ours {row['ours']:10.2f}  peer {row['peer']:10.2f} {row['unit']:4} "
              f"ratio {row['ratio']:5.2f}  {row['bar']:26} {'holds' if row['holds'] else 'FAILS'}")
    print("RSS at each tenth: " + " ".join(f"{value:.1f}" for value in samples) + " MB")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
