"""Documents per second into PostgreSQL: our store beside psql with batched INSERTs.

psql inserts the very rows that our store wrote (pg_dump --inserts, as many rows per statement, each
statement its own transaction) into the same emptied table with the same indexes, on the same server
with fsync on; rounds are interleaved. So psql neither splits words nor looks who wrote before, and
parses SQL text instead. Prints a table; --json FILE gets rows {name, ours, peer, unit, ratio, bar,
holds, conditions}.

Usage: bench.py BUILD_DIR [--rounds N] [--documents N] [--tmp DIR] [--json FILE]
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support/servers"))


def measure(server, program, count, batch):
    """One round: ours, then psql with the same rows."""
    server.sql("DROP SCHEMA IF EXISTS gantry CASCADE")
    url = f"postgresql://postgres@127.0.0.1:{server.port}/postgres"
    server.sql("CHECKPOINT")
    done = subprocess.run([program, url, str(count), str(batch)], capture_output=True, text=True,
                          timeout=600, check=True)
    ours = json.loads(done.stdout)
    server.sql("DELETE FROM gantry.documents WHERE id ~ '^bench:message:[0-9]{7}$'")
    at = ["-h", "127.0.0.1", "-p", str(server.port), "-U", "postgres"]
    dump = server.folder / "rows.sql"
    with open(dump, "w") as out:
        subprocess.run([server.bin / "pg_dump", *at, "-d", "postgres", "--data-only",
                        "--rows-per-insert", str(batch), "-t", "gantry.documents"],
                       stdout=out, timeout=600, check=True)
    server.sql("TRUNCATE gantry.documents, gantry.documents_before")
    server.sql("CHECKPOINT")
    began = time.monotonic()
    subprocess.run([server.bin / "psql", *at, "-d", "postgres", "-Xq", "-v", "ON_ERROR_STOP=1", "-f",
                    dump], stdout=subprocess.DEVNULL, timeout=600, check=True)
    peer = count / (time.monotonic() - began)
    stored = int(server.sql("SELECT count(*) FROM gantry.documents"))
    assert stored == count, f"psql stored {stored} of {count}"
    return {**ours, "psql": peer}


def row(name, ours, peer, bar, conditions):
    ratio = ours / peer
    return {"name": f"PostgreSQL, {name}: documents/s", "ours": round(ours, 1),
            "peer": round(peer, 1), "unit": "documents/s", "ratio": round(ratio, 2), "bar": bar,
            "holds": bar is None or ratio >= bar, "conditions": conditions}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--json")
    parser.add_argument("--tmp", help="folder for the server, e.g. /dev/shm to take the disk out")
    options = parser.parse_args()
    tempfile.tempdir = options.tmp
    program = options.build / "tests/bench/postgres/postgres_bench"

    from postgres import Postgres
    server = Postgres(fsync=True)
    runs = []
    try:
        for number in range(options.rounds):
            runs.append(measure(server, program, options.documents, options.batch))
            print(f"round {number + 1}", {k: round(v) for k, v in runs[-1].items()}, file=sys.stderr)
    finally:
        server.close()
    middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}

    conditions = (f"{options.rounds} rounds, {options.documents} documents of 1 KiB, "
                  f"{options.batch} per batch, one connection, fsync on; peer: psql, the same rows as "
                  "INSERTs of as many rows into the same table and indexes")
    rows = [row("write", middle["put"], middle["psql"], 0.7, conditions),
            row("write and settle, as in a saga", middle["put_and_settle"], middle["psql"], None,
                conditions)]
    for one in rows:
        print(f"{one['name']:56} {one['ours']:>10} {one['peer']:>10} x{one['ratio']}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
