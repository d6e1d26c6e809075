"""What a run claims, and its report: report.json, report.md, and the columns that gnuplot draws."""

import dataclasses
import json
import os
import pathlib
import resource
import time

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclasses.dataclass
class Claim:
    """One with a bar; `correct`: where it does not hold something was lost, doubled or refused."""
    name: str
    value: object
    bar: str
    holds: bool
    correct: bool

    @classmethod
    def equal(cls, name, value, wanted):
        return cls(name, value, f"= {wanted}", value == wanted, True)

    @classmethod
    def below(cls, name, value, limit):
        return cls(name, round(value, 2), f"< {limit}", value < limit, False)

    @classmethod
    def above(cls, name, value, limit):
        return cls(name, round(value, 2), f"> {limit}", value > limit, False)


def distribution(seconds):
    """Milliseconds; the q-th is the smallest that a share of q does not exceed."""
    if not seconds:
        return {}
    ordered = sorted(seconds)
    places = {name: ordered[max(0, -(-int(q * 100) * len(ordered) // 100) - 1)]
              for name, q in QUANTILES.items()}
    return {name: round(one * 1000, 1) for name, one in {**places, "max": ordered[-1]}.items()}


def write(folder, conditions, claims, bursts, sustained, workers, saga):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.dat"), *folder.glob("*.svg")):
        old.unlink()
    for burst in bursts:
        for path, some in burst["paths"].items():
            pooled = sorted(one for round_ in some["rounds"] for one in round_.pop("latencies"))
            columns(folder / f"burst-{burst['size']}-{path}.dat", "milliseconds per_cent", [
                (round(one * 1000, 1), round(100 * (place + 1) / len(pooled), 3))
                for place, one in enumerate(pooled)])
    for run in sustained:
        columns(folder / f"sustained-{run['path']}.dat", " ".join(run["samples"][0]),
                [tuple(sample.values()) for sample in run["samples"]])
    parts = {"conditions": conditions, "claims": [dataclasses.asdict(one) for one in claims],
             "bursts": bursts, "sustained": sustained, "workers": workers, "saga": saga}
    (folder / "report.json").write_text(json.dumps(parts, indent=1) + "\n")
    (folder / "report.md").write_text(markdown(parts))


def columns(file, names, rows):
    file.write_text(f"# {names}\n" + "".join(" ".join(map(str, row)) + "\n" for row in rows))


def table(head, rows):
    return "\n".join(["| " + " | ".join(map(str, row)) + " |"
                      for row in (head, ["---"] * len(head), *rows)]) + "\n"


def markdown(parts):
    text = ["# Gantry under load\n", parts["conditions"] + "\n", table(
        ["claim", "value", "bar", ""],
        [[one["name"], one["value"], one["bar"], "holds" if one["holds"] else "**FAILS**"]
         for one in parts["claims"]])]
    if parts["bursts"]:
        text += ["## Bursts\n", "All posted at once, each over a connection of its own. "
                 "Milliseconds from the answered post until every store had the document, rounds "
                 "of both paths in turn. In flight: the most that were answered and not yet in the "
                 "stores.\n",
                 table(["burst", "path", "round", "P50", "P95", "P99", "max", "P99 of the answer",
                        "in flight", "documents/s", "CPU-ms each: host", "server"],
                       burst_rows(parts["bursts"])),
                 "![Latency of both paths](latency.svg)\n"]
    if parts["sustained"]:
        text += ["## Sustained\n", table(
            ["path", "seconds", "posted/s", "landed/s", *(q.upper() for q in QUANTILES),
             "backlog by third", "inbox lag at most, s", "memory by third, MB"],
            [[one["path"], one["seconds"], one["rate"], one["landed_per_s"],
              *(one[q] for q in QUANTILES), " → ".join(map(str, one["backlog"])), one["lag_max"],
              " → ".join(map(str, one["rss_mb"]))] for one in parts["sustained"]]),
            "![Backlog and completions over time](sustained.svg)\n"]
    if parts["workers"]:
        text += ["## Workers\n", parts["workers"]["what"] + "\n", table(
            ["fanout", "workers", "round", "documents/s", "documents by each",
             "activities by each", "local activities", "workflow tasks"],
            [[one["fanout"], one["workers"], one["round"], one["rate"],
              " + ".join(map(str, one["documents"])),
              *(" + ".join(str(each[kind]) for each in one["tasks"])
                for kind in ("activities", "local_activities", "workflow_tasks"))]
             for one in parts["workers"]["rounds"]])]
    if parts["saga"]:
        text += ["## Saga under load\n", table(
            ["killed in the middle", "documents", "landed before", "away, s",
             "all landed after, s"],
            [[one["store"], one["documents"], one["before"], one["away_s"], one["landed_s"]]
             for one in parts["saga"]])]
    return "\n".join(text)


def burst_rows(bursts):
    for burst in bursts:
        for path, some in burst["paths"].items():
            for number, one in enumerate(some["rounds"]):
                yield [burst["size"], path, number + 1, *(one[q] for q in QUANTILES), one["max"],
                       one["answer_p99"], one["in_flight"], one["rate"], one["host_cpu_ms"],
                       one["server_cpu_ms"]]
            if some["pooled"]:
                yield [burst["size"], path, "all", *(some["pooled"][q] for q in QUANTILES),
                       some["pooled"]["max"], "", "", "", "", ""]


def busy_seconds():
    """CPU time of the machine, of this program and of what it started and ended."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    idle = int(fields[3]) + int(fields[4])
    whole = (sum(map(int, fields)) - idle) / os.sysconf("SC_CLK_TCK")
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return time.monotonic(), whole, sum(one.ru_utime + one.ru_stime for one in own)


def conditions(before):
    began, whole, own = (now - then for now, then in zip(busy_seconds(), before))
    others = max(0.0, whole - own) / (began * os.cpu_count())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"Posting program, hosts, their Temporal server and all stores on one machine of "
            f"{os.cpu_count()} cores and {memory:.0f} GB. Other programs took {others:.0%} of the "
            f"CPU time.")
