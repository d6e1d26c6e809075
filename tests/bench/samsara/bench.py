"""Samsara's events: through the connector alone, and from the feed into stored documents.

The connector row is samsara_bench (one thread, pings into roll-ups). The end-to-end rows run
`gantry run` with its own engine beside the vendor simulator on the same cores: events arrive at the
roadmap's pace for two minutes, then a burst shows what is left. Prints a table; --json FILE gets the
documents benchmark's rows.

Usage: bench.py BUILD_DIR [--rounds N] [--seconds N] [--burst N] [--tmp DIR] [--json FILE]
"""

import argparse
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
TESTS = HERE.parents[1]
sys.path.insert(0, str(TESTS / "e2e"))
PINGS_PER_MINUTE = 100_000
EVENTS_PER_MINUTE = 1_000
TOKEN = "samsara_api_0123456789"


class Simulator:
    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", TESTS / "support/vendors/samsara.py"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]
        self.events = 0

    def arrive(self, count):
        from gantry_host import request
        for _ in range(count):
            self.events += 1
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            data = {"id": str(self.events), "updatedAtTime": stamp, "startTime": stamp,
                    "safetyStatus": "safe", "type": "preTrip",
                    "vehicle": {"id": str(self.events % 500), "name": f"T-{self.events % 500}"}}
            answer = request(self.port, "POST", "/_sim/event",
                             json.dumps({"stream": "/dvirs/stream", "data": data}))
            assert answer.status == 200, answer.body

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def connector(build):
    done = subprocess.run([build / "tests/bench/samsara/samsara_bench"], capture_output=True,
                          text=True, timeout=600, check=True)
    return float(re.search(r"([0-9]+) pings/s of wall time", done.stdout)[1]) * 60


def end_to_end(seconds, burst):
    from gantry_host import Host, wait_until
    vendor, host = Simulator(), Host()
    (host.folder / "conf.d/50-samsara.toml").write_text(
        f'[source]\nfanout = "batch"\negress = ["127.0.0.1:{vendor.port}"]\n[settings]\n'
        f'api_token = "env:SAMSARA_API_TOKEN"\napi_url = "http://127.0.0.1:{vendor.port}"\n'
        'feeds = ["dvirs"]\npoll_pause = 5\n')
    host.environment["SAMSARA_API_TOKEN"] = TOKEN

    def stored():
        text = host.get("/metrics").body.decode()
        found = re.search(r'^gantry_ingestion_records_total\{(?=[^}]*outcome="stored")'
                          r'[^}]*source="samsara"[^}]*\} ([0-9.e+]+)$', text, re.M)
        return float(found[1]) if found else 0.0

    def drained(within):
        wait_until(f"{vendor.events} events are documents", lambda: stored() >= vendor.events,
                   within)
    try:
        host.start()
        vendor.arrive(1)
        drained(60)
        began, given = time.monotonic(), vendor.events
        for second in range(1, seconds + 1):
            vendor.arrive(EVENTS_PER_MINUTE * second // 60 + given - vendor.events)
            time.sleep(max(0.0, began + second - time.monotonic()))
            if second == seconds // 4:
                settled = time.monotonic(), stored()
        paced = (stored() - settled[1]) / (time.monotonic() - settled[0]) * 60
        behind = vendor.events - stored()
        vendor.arrive(burst)
        began, before = time.monotonic(), stored()
        # What does not fill a batch of 100 waits 30 s for more: no part of the rate.
        wait_until("the burst is stored", lambda: vendor.events - stored() < 100, 600)
        burst_rate = (stored() - before) / (time.monotonic() - began) * 60
        drained(60)
        return {"paced": paced, "behind": behind, "burst": burst_rate}
    finally:
        host.close()
        vendor.close()


def row(name, unit, ours, peer, bar, conditions):
    ratio = ours / peer if peer else None
    return {"name": f"samsara, {name}: {unit}", "ours": round(ours, 2), "peer": peer, "unit": unit,
            "ratio": round(ratio, 2) if ratio else None, "bar": bar,
            "holds": bar is None or (ratio is not None and ratio >= bar), "conditions": conditions}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--burst", type=int, default=3000)
    parser.add_argument("--json")
    parser.add_argument("--tmp", help="folder for all state, e.g. /dev/shm to take the disk out")
    options = parser.parse_args()
    os.environ["GANTRY_BUILD_DIR"] = str(options.build)
    tempfile.tempdir = options.tmp

    alone = statistics.median(connector(options.build) for _ in range(options.rounds))
    runs = []
    for number in range(options.rounds):
        runs.append(end_to_end(options.seconds, options.burst))
        print(f"round {number + 1}", {k: round(v, 1) for k, v in runs[-1].items()}, file=sys.stderr)
    whole = {key: statistics.median(run[key] for run in runs) for key in runs[0]}

    conditions = (f"{options.rounds} rounds; peer column: the roadmap's figure; end to end: simulator, host and its "
                  f"engine on the same two cores, {options.seconds} s at the pace, then "
                  f"{options.burst} events at once")
    rows = [
        row("connector and roll-up", "pings/min", alone, PINGS_PER_MINUTE, 1.0, conditions),
        # Events arrive in batches of 100: 0.9 of the pace over 90 s is a feed that keeps up.
        row("feed to stored documents, at the pace", "events/min", whole["paced"],
            EVENTS_PER_MINUTE, 0.9, conditions),
        row("feed to stored documents, not yet stored", "events", whole["behind"], None, None,
            conditions),
        row("feed to stored documents, burst", "events/min", whole["burst"], EVENTS_PER_MINUTE, 1.0,
            conditions),
    ]
    for one in rows:
        print(f"{one['name']:60} {one['ours']:>12} {one['peer'] or '-':>8} x{one['ratio'] or '-'}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
