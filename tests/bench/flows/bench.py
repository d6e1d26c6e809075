"""Documents per second through polls, streams and files, beside the roadmap's Python design.

Ours reads a connector's records through PollingWorkflow, StreamIngestionWorkflow or
BatchProcessingWorkflow into the embedded stores; the peer is the one of the documents benchmark: a
webhook workflow and a child for each document. Every run has a Temporal development server and a
database of its own; rounds are interleaved. Prints a table; --json FILE gets the documents
benchmark's rows.

Usage: bench.py BUILD_DIR [--rounds N] [--documents N] [--peer-documents N] [--tmp DIR] [--json FILE]
"""

import argparse
import importlib.util
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
BAR = 50.0
EVENTS_PER_MINUTE = 1000.0


def documents_bench():
    spec = importlib.util.spec_from_file_location("documents", HERE.parent / "documents/bench.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_ours(documents, build, folder, mode, fanout, count):
    server = documents.Server(folder)
    try:
        cpu = documents.cpu_seconds(server.process.pid)
        done = subprocess.run(
            [build / "tests/bench/flows/flows_bench", server.address, folder, mode, str(count),
             fanout], capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout)
        assert result["documents"] == count and result["staged"] == 0, result
        return {"rate": count / result["seconds"],
                "server_ms": (documents.cpu_seconds(server.process.pid) - cpu) * 1000 / count,
                "worker_ms": result["worker_cpu_s"] * 1000 / count, "rss_mb": result["rss_mb"]}
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--documents", type=int, default=5000)
    parser.add_argument("--peer-documents", type=int, default=150)
    parser.add_argument("--json")
    parser.add_argument("--tmp", help="folder for all state, e.g. /dev/shm to take the disk out")
    options = parser.parse_args()
    os.environ["GANTRY_BUILD_DIR"] = str(options.build)
    tempfile.tempdir = options.tmp
    documents = documents_bench()

    modes = [("poll", "batch"), ("file", "batch"), ("stream", "batch"), ("poll", "inline")]
    results = {mode: [] for mode in [*modes, "python"]}
    for number in range(options.rounds):
        for mode in results:
            with tempfile.TemporaryDirectory(prefix="gantry-bench-") as folder:
                results[mode].append(
                    documents.run_peer(options.peer_documents, folder) if mode == "python" else
                    run_ours(documents, options.build, folder, *mode, options.documents))
            print(f"round {number + 1} {mode}",
                  {k: round(v, 2) for k, v in results[mode][-1].items()}, file=sys.stderr)

    def median(mode, key):
        return statistics.median(run[key] for run in results[mode])

    conditions = (f"{options.documents} records of a connector, texts as the peer's ({options.peer_documents} Front "
                  f"deliveries for the peer), {options.rounds} interleaved rounds, development "
                  "server and worker on the same two cores; peer: the roadmap's Python design")
    rows = []
    for mode in modes:
        for key, unit in (("rate", "documents/s"), ("server_ms", "server CPU-ms/document"),
                          ("worker_ms", "worker CPU-ms/document"), ("rss_mb", "MB")):
            mine, theirs = median(mode, key), median("python", key)
            bar = BAR if key == "rate" and mode == ("poll", "batch") else None
            rows.append({"name": f"{mode[0]}, fanout={mode[1]}: {unit}", "ours": round(mine, 3),
                         "peer": round(theirs, 2), "unit": unit, "ratio": round(mine / theirs, 3),
                         "bar": bar, "holds": bar is None or mine / theirs >= bar,
                         "conditions": conditions})
    sustained = median(("stream", "batch"), "rate") * 60
    rows.append({"name": "stream, fanout=batch: events/min end to end", "ours": round(sustained),
                 "peer": EVENTS_PER_MINUTE, "unit": "events/min",
                 "ratio": round(sustained / EVENTS_PER_MINUTE, 1), "bar": 1.0,
                 "holds": sustained >= EVENTS_PER_MINUTE,
                 "conditions": conditions + "; peer column: the roadmap's figure"})
    for row in rows:
        bar = "" if row["bar"] is None else f"  bar {row['bar']}: {'holds' if row['holds'] else 'FAILS'}"
        print(f"{row['name']:52} {row['ours']:>10} {row['peer']:>10}  x{row['ratio']}{bar}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
