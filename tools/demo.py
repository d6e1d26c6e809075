#!/usr/bin/env python3
"""All sources at once: one `gantry run`, and a vendor of its own for each source.

Webhooks, polls, a stream and watched files work at the same time, against simulators on loopback
that change, withdraw, mutate, limit and repeat what they hold (tools/demo_sources.py tells each
vendor's story). Then what landed is compared with what the vendors gave: the demo fails where
anything was lost, doubled or not withdrawn. Nothing leaves this machine, and nothing stays on it.
"""

import argparse
import collections
import json
import pathlib
import signal
import sys
import time

from demo_host import ROOT, Host
from demo_show import Show, report
from demo_sources import SOURCES, Source


def perform(host, sources, show, patience):
    """Lets every story happen, each at the pace at which its own records land. False where the
    time did not suffice."""
    deadline = time.monotonic() + patience
    while not all(one.done for one in sources) or not is_quiet(host, sources):
        if time.monotonic() > deadline:
            return False
        for one in sources:
            if one.vendor is not None:
                one.vendor.tick()
            if one.look() and not one.done:
                one.act()
        show.draw(sources, {name: one["state"] for name, one in host.sources().items()})
        time.sleep(0.3)
    show.draw(sources, {})
    return True


def is_quiet(host, sources):
    """True once no webhook waits for its retry and every dead letter has come."""
    waiting = [one for one in sources if one.vendor is not None and one.webhooks
               and any(sent["state"] != "delivered" for sent in one.tell("deliveries"))]
    return not waiting and host.metric("gantry_dead_letters") >= sum(one.dead for one in sources)


def tell_flows(host, sources, action):
    for name in (one.name for one in sources if one.vendor is not None):
        host.command("sources", action, name)


def settle(host, sources, patience):
    """Lets the polls rest, which read again and again, and what they brought last arrive."""
    tell_flows(host, sources, "pause")
    deadline = time.monotonic() + patience
    while host.metric("gantry_staging_records") and time.monotonic() < deadline:
        time.sleep(0.3)


def audit(host, sources):
    """What landed beside what the vendors gave, and the differences in words."""
    rows, differences = [], []
    seen = host.sources()
    for one in sources:
        page = seen[one.name]
        wrong = [document for document in one.expected if not one.is_right(document)]
        if wrong:
            differences.append(f"{one.name}: {len(wrong)} of {len(one.expected)} documents are not "
                               f"as it gave them: {', '.join(wrong[:3])}{', …' * (len(wrong) > 3)}")
        if page["dead_letters"] != one.dead:
            differences.append(f"{one.name}: {page['dead_letters']} dead letters, not {one.dead}")
        sent = one.tell("deliveries") if one.vendor is not None and one.webhooks else []
        answers = collections.Counter(delivery["state"] for delivery in sent)
        if sum(answers.values()) != answers["delivered"]:
            differences.append(f"{one.name}: webhooks {dict(answers)}")
        found = json.loads(host.command("search", one.search, "--source", one.name,
                                        "--limit", "1", "--json")[1])["hits"]
        if not found:
            differences.append(f"{one.name}: a search for {one.search!r} finds nothing")
        came_in = (sum(flow.get("records", 0) for flow in page["flows"])
                   + page.get("files", {}).get("records", 0) + page["deliveries"]["accepted"])
        rows.append({"source": one.name, "came_in": came_in, "given": len(one.expected),
                     "landed": len(one.expected) - len(wrong),
                     "withdrawn": list(one.expected.values()).count(None),
                     "webhooks": len(sent) or page["deliveries"]["accepted"],
                     "repeated": page["deliveries"]["duplicate"],
                     "rejected": page["deliveries"]["rejected"],
                     "dead_letter": page.get("last_dead_letter"),
                     "calls": sum(one.tell("counts").values()) if one.vendor is not None else 0,
                     "found": found[0] if found else None})
    live = sum(row["given"] - row["withdrawn"] for row in rows)
    stored, staged = host.metric("gantry_documents"), host.metric("gantry_staging_records")
    if stored != live:
        differences.append(f"the stores hold {stored} documents, the vendors gave {live}")
    if staged:
        differences.append(f"{staged} records are still on their way")
    return rows, live, differences


def main():
    parser = argparse.ArgumentParser(description=__doc__, epilog="example: tools/demo.py --keep",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release",
                        help="where gantry and its plugins are (default: build/release)")
    parser.add_argument("--keep", action="store_true", help="go on until interrupted")
    parser.add_argument("--patience", type=int, default=120, metavar="SECONDS",
                        help="how long all records may take (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args()
    if not (options.build / "gantry").exists():
        parser.error(f"{options.build}/gantry is not there: run make build, or name another "
                     "folder with --build")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began, show = time.monotonic(), Show(silent=options.json)
    host, sources, differences = Host(options.build.resolve()), [], []
    try:
        show.say(f"{len(SOURCES)} sources, each with a vendor of its own; state in {host.folder}")
        for name, entry in SOURCES.items():
            sources.append(Source(name, host, **entry))
        show.say("starting gantry run with its embedded engine…")
        host.start()
        show.say(f"webhooks at http://127.0.0.1:{host.ingress}/webhooks/…, operators at "
                 f"http://127.0.0.1:{host.admin}")
        in_time = perform(host, sources, show, options.patience)
        table = host.command("sources")[1]
        settle(host, sources, patience=30)
        rows, live, differences = audit(host, sources)
        if not in_time:
            differences.insert(0, f"{options.patience} s did not suffice for all of it: a busy or "
                                  "slow machine needs more --patience")
        seconds = time.monotonic() - began
        if options.json:
            print(json.dumps({"sources": rows, "documents": live, "differences": differences,
                              "seconds": round(seconds, 1)}, indent=2))
        else:
            report(table, rows, live, differences, seconds)
        if options.keep:
            tell_flows(host, sources, "resume")
            show.say("serving until interrupted (Ctrl-C)")
        while options.keep:
            for one in sources:
                if one.vendor is not None:
                    one.vendor.tick()
            time.sleep(1)
    except KeyboardInterrupt:
        show.say("interrupted")
        return 130
    except (AssertionError, OSError, RuntimeError) as error:
        differences.append(str(error))
        show.say(f"ended early: {error}")
    finally:
        for one in sources:
            one.close()
        if not host.stop():
            differences.append("gantry run did not end cleanly")
            show.say(differences[-1])
        if differences:
            show.say(f"its log and state stay for you to look at: {host.folder}")
        else:
            host.forget()
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
