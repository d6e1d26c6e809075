"""What the saga costs over bare parallel writes of the same documents to the same real stores.

Documents in PostgreSQL, vectors in pgvector, the graph in Neo4j, locks and results in Redis: each on
this machine, with fsync on, Redis with appendfsync everysec. Bare is one put() per store, in
parallel; the saga adds the results' look-up, locks, its log, and makes the writes final. Both take
turns batch by batch. Prints a table; --json FILE gets rows {name, ours, peer, unit, ratio, bar,
holds, conditions}.

Usage: bench.py BUILD_DIR [--rounds N] [--documents N] [--json FILE]
"""

import argparse
import contextlib
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support/servers"))
BAR = 1.2
# Documents per write, writers at once.
SHAPES = [(100, 1), (10, 4), (1, 8)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--documents", type=int, default=2_000)
    parser.add_argument("--json")
    options = parser.parse_args()
    program = options.build / "tests/bench/saga/saga_bench"

    from neo4j import Neo4j
    from postgres import Postgres
    from redis import Redis
    rows = []
    with contextlib.ExitStack() as cleanup:
        postgres = cleanup.enter_context(contextlib.closing(Postgres(fsync=True)))
        neo4j = cleanup.enter_context(contextlib.closing(Neo4j()))
        redis = cleanup.enter_context(contextlib.closing(Redis()))
        redis.order("CONFIG", "SET", "appendfsync", "everysec")
        folder = cleanup.enter_context(tempfile.TemporaryDirectory(prefix="gantry-bench-"))
        for database in ("documents", "vectors"):
            postgres.sql(f"CREATE DATABASE {database}")
        urls = [f"postgresql://postgres@127.0.0.1:{postgres.port}/documents",
                f"postgresql://postgres@127.0.0.1:{postgres.port}/vectors",
                f"neo4j+http://127.0.0.1:{neo4j.port}", f"redis://127.0.0.1:{redis.port}"]
        for batch, writers in SHAPES:
            runs = []
            for number in range(options.rounds):
                done = subprocess.run(
                    [program, folder, *urls, str(options.documents), str(batch), str(writers)],
                    capture_output=True, text=True, timeout=900, check=True)
                runs.append(json.loads(done.stdout))
                print(f"{writers} x {batch} round {number + 1} {runs[-1]}", file=sys.stderr)
            ratio = statistics.median(run["saga"] / run["bare"] for run in runs)
            saga, bare = (statistics.median(run[key] / run["documents"] * 1e3 for run in runs)
                          for key in ("saga", "bare"))
            rows.append({
                "name": f"saga, {writers} writers of {batch}: ms per document", "ours": round(saga, 3),
                "peer": round(bare, 3), "unit": "ms", "ratio": round(ratio, 3),
                "bar": f"ratio <= {BAR}", "holds": ratio <= BAR,
                "conditions": f"median of {options.rounds} rounds of {options.documents} documents of "
                              "1 KiB; PostgreSQL, pgvector, Neo4j, Redis on this machine; peer: bare "
                              "parallel writes"})
    for one in rows:
        print(f"{one['name']:48} {one['ours']:>8} {one['peer']:>8} x{one['ratio']}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
