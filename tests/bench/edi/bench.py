"""MB of X12 per second of one core's time: the EDI connector beside pyx12, in the same run.

Tokenizer against pyx12's X12Reader on the same bytes; bytes into records (checks, documents,
acknowledgement) beside the same reader, which is less work than a record. Also: what a file of
100,000 transactions takes in memory, in the connector alone and in a `gantry run` that stores each as
a document. Prints a table; --json FILE gets rows {name, ours, peer, unit, ratio, bar, holds,
conditions}. Makes its own Python environment in GANTRY_CACHE.

Usage: bench.py BUILD_DIR [--rounds N] [--sets N] [--json FILE]
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "e2e"))
CACHE = pathlib.Path(os.environ.get("GANTRY_CACHE", pathlib.Path.home() / ".cache/gantry"))
VENV = CACHE / "edi-bench-python"
PYX12 = "2.3.3"
PEER_SETS = 1000  # pyx12 is slow enough that a rate needs no more.

STOPS = """S5*1*CL*41250*L*22*PL~L11*BOL-{n:06d}*BM~G62*37*20260116*I*0800*LT~G62*38*20260116*K*1600*LT~
N1*SH*ACME DC JOLIET*93*J01~N3*100 INDUSTRIAL WAY~N4*JOLIET*IL*60432*US~G61*IC*DOCK OFFICE*TE*5550100199~
S5*2*CU*41250*L*22*PL~G62*53*20260118*G*0600*LT~G62*54*20260118*L*1400*LT~
N1*CN*HARBOR GROCERY*93*H22~N3*4 WHARF ROAD~N4*NEWARK*NJ*07114*US~"""
TENDER = ("ST*204*{n:09d}~B2**QLHT**LD-{n:06d}**PP~B2A*00*LT~L11*PO-{n:06d}*PO~L11*SI-{n:06d}*SI~"
          "G62*64*20260114*1*1130*CT~NTE**CALL BEFORE DELIVERY~\n" + STOPS +
          "L3*41250*G***285000~SE*23*{n:09d}~\n")


def write_file(path, sets):
    with open(path, "w") as out:
        out.write("ISA*00*          *00*          *ZZ*ACMEFOODS      *02*QLHT           *260114*0915"
                  "*U*00401*000000417*0*T*>~\nGS*SM*ACMEFOODS*QLHT*20260114*0915*417*X*004010~\n")
        for n in range(1, sets + 1):
            out.write(TENDER.format(n=n))
        out.write(f"GE*{sets}*417~\nIEA*1*000000417~\n")


def need_pyx12():
    python = VENV / "bin/python"
    ok = subprocess.run([python, "-c", "import sys, importlib.metadata as m;"
                         f"sys.exit(m.version('pyx12') != '{PYX12}')"],
                        capture_output=True).returncode == 0 if python.exists() else False
    if not ok:
        print(f"installing pyx12 {PYX12}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
        subprocess.run([VENV / "bin/pip", "install", "-q", "--disable-pip-version-check",
                        f"pyx12=={PYX12}"], check=True, stdout=sys.stderr)
    return python


def run(*command):
    done = subprocess.run(["taskset", "-c", "0", *map(str, command)], capture_output=True, text=True,
                          timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def through_the_host(file, sets):
    """Peak RSS in MB and seconds of a host that takes `file` from a watched folder into its stores."""
    from gantry_host import Host, wait_until
    host = Host()
    try:
        for name in ("in", "out"):
            (host.folder / name).mkdir()
        (host.folder / "conf.d/50-edi.toml").write_text(
            f'[source]\n[source.files]\ndirectory = "{host.folder}/in"\npatterns = ["*.edi"]\n'
            f'out_dir = "{host.folder}/out"\n[settings]\npartners = ["ZZ:ACMEFOODS"]\n')
        host.start()

        def stored():
            found = re.search(r'^gantry_ingestion_records_total\{(?=[^}]*outcome="stored")'
                              r'[^}]*source="edi"[^}]*\} ([0-9.e+]+)$',
                              host.get("/metrics").body.decode(), re.M)
            count = float(found[1]) if found else 0.0
            print(f"\r{count:.0f} of {sets} sets are documents", end="", file=sys.stderr)
            time.sleep(1)
            return count >= sets

        began = time.monotonic()
        shutil.copyfile(file, host.folder / "in/tenders.part")
        (host.folder / "in/tenders.part").rename(host.folder / "in/tenders.edi")
        wait_until(f"{sets} sets are documents", stored, 3600)
        seconds = time.monotonic() - began
        print(file=sys.stderr)
        wait_until("the group is acknowledged", lambda: list((host.folder / "out").iterdir()))
        status = pathlib.Path(f"/proc/{host.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024, seconds
    finally:
        host.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sets", type=int, default=100_000)
    parser.add_argument("--json")
    options = parser.parse_args()
    os.environ["GANTRY_BUILD_DIR"] = str(options.build)
    python = need_pyx12()
    program = options.build / "tests/bench/edi/edi_bench"
    plugin = options.build / "plugins/edi.so"

    results = {"tokens": [], "records": [], "peer": []}
    with tempfile.TemporaryDirectory(prefix="gantry-edi-bench-") as folder:
        large, small = pathlib.Path(folder) / "large.edi", pathlib.Path(folder) / "small.edi"
        write_file(large, options.sets)
        write_file(small, PEER_SETS)
        for number in range(options.rounds):
            results["tokens"].append(run(program, "tokens", large))
            results["records"].append(run(program, "records", large, plugin))
            results["peer"].append(run(python, HERE / "pyx12_peer.py", small))
            assert results["records"][-1]["items"] == options.sets, results["records"][-1]
            print(f"round {number + 1}", {k: round(v[-1]["bytes"] / v[-1]["seconds"] / 1e6, 2)
                                          for k, v in results.items()}, file=sys.stderr)
        host_memory, host_seconds = through_the_host(large, options.sets)

    def rate(name):
        return statistics.median(r["bytes"] / r["seconds"] / 1e6 for r in results[name])

    each = results["records"][0]["bytes"] // options.sets
    conditions = (f"{options.sets} 204 sets of {each} bytes in one group, {options.rounds} "
                  f"interleaved rounds, seconds of processor time; peer: pyx12 {PYX12} X12Reader on "
                  f"{PEER_SETS} of the same sets")
    peer = rate("peer")
    rows = []
    for name, ours, unit, bar in (
            ("edi: tokenizer", rate("tokens"), "MB/s", 100.0),
            ("edi: into records", rate("records"), "MB/s", 20.0)):
        rows.append({"name": f"{name}: {unit}", "ours": round(ours, 2), "peer": round(peer, 2),
                     "unit": unit, "ratio": round(ours / peer, 1), "bar": bar,
                     "holds": ours >= bar, "conditions": conditions})
    memory = max(r["rss_mb"] for r in results["records"])
    rows.append({"name": f"edi: memory for {options.sets} sets: MB", "ours": memory, "peer": None,
                 "unit": "MB", "ratio": None, "bar": 200.0, "holds": memory < 200,
                 "conditions": conditions})
    rows.append({"name": f"edi: memory of the host over {options.sets} sets: MB",
                 "ours": round(host_memory, 1), "peer": None, "unit": "MB", "ratio": None,
                 "bar": 200.0, "holds": host_memory < 200,
                 "conditions": f"peak of gantry run without its engine; one file, embedded stores, "
                               f"{options.sets / host_seconds:.0f} documents/s"})
    for row in rows:
        verdict = "holds" if row["holds"] else "FAILS"
        print(f"{row['name']:40} {row['ours']:>10} {row['peer'] or '-':>8}  x{row['ratio'] or '-'}"
              f"  bar {row['bar']}: {verdict}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
