#!/usr/bin/env python3
"""Says whether a running Prometheus watches Gantry: its targets, its alerts, and whether each panel of
each dashboard has data. Exit 0 where all is well, 1 where something is missing, 2 on wrong usage."""

import argparse
import json
import pathlib
import sys
import urllib.parse
import urllib.request

DASHBOARDS = pathlib.Path(__file__).resolve().parent.parent / "grafana/dashboards"
JOBS = ("gantry", "gantry-worker", "temporal")
# What Grafana puts in place of its variables.
VARIABLES = {"$__rate_interval": "5m", "$__range": "1h", "$source": ".*", "$task_queue": ".*",
             "$namespace": ".*"}


def expressions(board):
    """(panel, expression) of a dashboard."""
    return [(panel["title"], target["expr"]) for panel in board["panels"]
            for target in panel.get("targets", [])]


def filled(expression, **variables):
    for name, value in {**VARIABLES, **variables}.items():
        expression = expression.replace(name, value)
    return expression


def ask(url, path, **parameters):
    query = urllib.parse.urlencode(parameters)
    with urllib.request.urlopen(f"{url}/api/v1/{path}?{query}", timeout=30) as answer:
        return json.load(answer)["data"]


def check(url):
    """(is well, line) of each finding."""
    up = {}
    for target in ask(url, "targets", state="active")["activeTargets"]:
        up.setdefault(target["labels"]["job"], []).append(target)
    for job in JOBS:
        down = [one for one in up.get(job, []) if one["health"] != "up"]
        if job not in up:
            yield False, f"job {job}: no target; take its entry from prometheus.yml"
        elif down:
            yield False, f"job {job}: {down[0]['scrapeUrl']} is {down[0]['health']}: {down[0]['lastError']}"
        else:
            yield True, f"job {job}: {len(up[job])} up"
    alerts = [rule for group in ask(url, "rules", type="alert")["groups"] for rule in group["rules"]
              if rule["name"].startswith("Gantry")]
    yield bool(alerts), f"alerts: {len(alerts)} loaded" + (
        "" if alerts else "; put alerts.yml beside prometheus.yml and reload")
    firing = sorted({rule["name"] for rule in alerts if rule["state"] == "firing"})
    if firing:
        yield True, f"alerts: firing: {', '.join(firing)}"
    for file in sorted(DASHBOARDS.glob("*.json")):
        every = expressions(json.loads(file.read_text()))
        empty = [title for title, expression in every
                 if not ask(url, "query", query=filled(expression))["result"]]
        yield not empty, f"dashboard {file.stem}: {len(every) - len(empty)} of {len(every)} " + (
            f"expressions have data; none: {', '.join(dict.fromkeys(empty))}" if empty
            else "expressions have data")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prometheus", default="http://localhost:9090", metavar="URL",
                        help="where it is (default: %(default)s)")
    url = parser.parse_args().prometheus.rstrip("/")
    well = True
    try:
        for good, line in check(url):
            print("ok  " if good else "FAIL", line)
            well = well and good
    except (OSError, ValueError, KeyError) as problem:
        print(f"check_monitoring: {url} does not answer as Prometheus does: {problem}",
              file=sys.stderr)
        return 1
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
