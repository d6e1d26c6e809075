"""What a worker costs for a workflow with one no-op activity: ours beside the official SDKs.

One Temporal development server serves all; each worker has its own task queue and the same
pollers (5 + 5), slots (100), cache (1000) and workflows in flight (100). Workflows are started by a
process of its own, the same for all, so that only the worker's CPU counts. Workers are fresh in
each round, rounds are interleaved. Then the built `gantry run` idles beside the same server.
Prints a table; --json FILE gets rows {name, ours, peer, unit, ratio, bar, holds, conditions}.

Usage: bench.py BUILD_DIR [--rounds N] [--workflows N] [--idle SECONDS] [--go PROGRAM] [--json FILE]
"""

import argparse
import contextlib
import importlib.util
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
IN_FLIGHT = 100
WARM_UP = 50


def documents_bench():
    spec = importlib.util.spec_from_file_location(
        "documents_bench", HERE.parent / "documents/bench.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


common = documents_bench()


def memory_mb(pid, field):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"process {pid} ended")


@contextlib.contextmanager
def running(command, **options):
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def measure(address, name, command, number, workflows):
    queue = f"bench-{name}-{number}"
    starter = [common.PYTHON, HERE / "python/starter.py", address, queue, str(IN_FLIGHT)]
    with running([*command, address, queue]) as worker, \
            running(starter, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        def run(count):
            client.stdin.write(f"{count}\n")
            client.stdin.flush()
            answer = client.stdout.readline()
            if not answer or worker.poll() is not None:
                raise SystemExit(f"{name}: {'the starter' if not answer else 'the worker'} ended")
            return float(answer)

        if client.stdout.readline() != "connected\n":
            raise SystemExit("the starter did not connect")
        run(WARM_UP)
        before = common.cpu_seconds(worker.pid)
        seconds = run(workflows)
        return {"cpu_ms": (common.cpu_seconds(worker.pid) - before) * 1000 / workflows,
                "rss_mb": memory_mb(worker.pid, "VmHWM"), "rate": workflows / seconds}


def idle(address, seconds):
    from gantry_host import Host
    host = Host(temporal_address=address)
    try:
        host.start()
        time.sleep(5)  # What starting still does is not idling.
        before, began = common.cpu_seconds(host.process.pid), time.monotonic()
        time.sleep(seconds)
        used = common.cpu_seconds(host.process.pid) - before
        return {"cpu_percent": used * 100 / (time.monotonic() - began),
                "rss_mb": memory_mb(host.process.pid, "VmHWM")}
    finally:
        host.close()


def compared(name, unit, mine, theirs, bar, conditions):
    ratio = mine / theirs
    return {"name": name, "ours": round(mine, 3), "peer": round(theirs, 3), "unit": unit,
            "ratio": round(ratio, 3), "bar": None if bar is None else f"ratio <= {bar}",
            "holds": bar is None or ratio <= bar, "conditions": conditions}


def alone(name, unit, mine, bar, conditions):
    return {"name": name, "ours": round(mine, 3), "peer": None, "unit": unit, "ratio": None,
            "bar": f"ours <= {bar} {unit}", "holds": mine <= bar, "conditions": conditions}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workflows", type=int, default=1000)
    parser.add_argument("--idle", type=int, default=20, help="seconds; 0 leaves the host out")
    parser.add_argument("--go", type=pathlib.Path, help="the built go/ (default: in BUILD_DIR)")
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    os.environ["GANTRY_BUILD_DIR"] = str(arguments.build)
    programs = arguments.build / "tests/bench/worker"
    python = [common.PYTHON, HERE / "python/worker.py"]
    commands = {"ours": [programs / "worker_bench_ours"],
                "go": [arguments.go or programs / "worker_bench_go"],
                "python": python, "python-sandbox": [*python, "--sandbox"]}
    for command in commands.values():
        if not pathlib.Path(command[0]).exists():
            raise SystemExit(f"{command[0]} is missing; tools/bench.sh worker makes it")

    results = {name: [] for name in commands}
    idling = None
    with tempfile.TemporaryDirectory(prefix="gantry-bench-") as folder:
        server = common.Server(folder)
        try:
            for number in range(arguments.rounds):
                for name, command in commands.items():
                    result = measure(server.address, name, [*command], number, arguments.workflows)
                    results[name].append(result)
                    print(f"round {number + 1} {name:14} {result['cpu_ms']:6.2f} CPU-ms/workflow  "
                          f"RSS {result['rss_mb']:5.1f} MB  {result['rate']:5.1f}/s",
                          file=sys.stderr)
            if arguments.idle:
                idling = idle(server.address, arguments.idle)
        finally:
            server.stop()

    def median(name, key):
        return statistics.median(result[key] for result in results[name])

    conditions = (
        f"one no-op activity per workflow, {IN_FLIGHT} in flight; 5 + 5 pollers, 100 slots, cache "
        f"1000; {os.cpu_count()} cores shared with the development server and the starter; median "
        f"of {arguments.rounds} interleaved rounds of {arguments.workflows} after {WARM_UP} to warm")
    rows = []
    for peer, key, unit, bar in (("go", "cpu_ms", "CPU-ms/workflow", 0.9),
                                 ("python", "cpu_ms", "CPU-ms/workflow", 0.35),
                                 ("python-sandbox", "cpu_ms", "CPU-ms/workflow", None),
                                 ("go", "rss_mb", "MB", 1.0),
                                 ("python", "rss_mb", "MB", None)):
        title = "CPU" if key == "cpu_ms" else "RSS"
        rows.append(compared(f"worker {title} beside {peer}", unit, median("ours", key),
                             median(peer, key), bar, conditions))
    if idling:
        conditions = f"gantry run, Temporal elsewhere, idle for {arguments.idle} s"
        rows += [alone("host idle CPU", "% of a core", idling["cpu_percent"], 1, conditions),
                 alone("host idle RSS", "MB", idling["rss_mb"], 80, conditions)]
    for row in rows:
        peer, ratio = (f"{row[key]:8.2f}" if row[key] is not None else "       -"
                       for key in ("peer", "ratio"))
        verdict = "" if row["bar"] is None else \
            f"  {row['bar']}: {'holds' if row['holds'] else 'FAILS'}"
        print(f"{row['name']:32} ours {row['ours']:8.2f}  peer {peer} {row['unit']:16} "
              f"ratio {ratio}{verdict}")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
