"""The embedded stores without Temporal: documents written per second, and search over 100,000.

Runs stores_bench and reads its report. Each bar is a fixed figure of the plan, so there is no peer.
Prints a table; --json FILE gets rows {name, ours, peer, unit, ratio, bar, holds, conditions}.

Usage: bench.py BUILD_DIR [--rounds N] [--json FILE]
"""

import argparse
import json
import pathlib
import statistics
import subprocess

DOCUMENTS_MIN = 2_000
SEARCH_P99_MAX = 50


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    options = parser.parse_args()
    done = subprocess.run(
        [options.build / "tests/bench/stores/stores_bench", "--benchmark_format=json",
         f"--benchmark_repetitions={options.rounds}",
         "--benchmark_filter=write_documents/batch:100/power_loss_safe:1|search_documents/100000"],
        capture_output=True, text=True, timeout=1800, check=True)
    runs = [run for run in json.loads(done.stdout)["benchmarks"] if run["run_type"] == "iteration"]

    def median(name, key):
        return statistics.median(run[key] for run in runs if run["name"].startswith(name))

    written = median("write_documents", "items_per_second")
    p99 = median("search_documents", "p99_ms")
    conditions = f"median of {options.rounds} rounds; documents of 1 KiB; hashing vectors"
    rows = [
        {"name": "embedded stores: documents/s", "ours": round(written), "peer": None,
         "unit": "documents/s", "ratio": None, "bar": f"ours >= {DOCUMENTS_MIN}",
         "holds": written >= DOCUMENTS_MIN,
         "conditions": conditions + "; 100 per write, safe against power loss"},
        {"name": "embedded search over 100,000: p99", "ours": round(p99, 1), "peer": None,
         "unit": "ms", "ratio": None, "bar": f"ours <= {SEARCH_P99_MAX} ms",
         "holds": p99 <= SEARCH_P99_MAX, "conditions": conditions + "; two words of 5,000, 20 hits"},
    ]
    for one in rows:
        print(f"{one['name']:40} {one['ours']:>10} {one['unit']:12} {one['bar']}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
