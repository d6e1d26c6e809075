"""Gantry under load: bursts, a pace for minutes, two workers, and a store that dies meanwhile.

Every scenario runs built hosts, the Temporal server that they start, signed deliveries over HTTP
and real stores. Prints what was claimed, and writes report.md, report.json and columns for gnuplot
into the folder of --report. Ends with 1 where anything was lost, doubled or refused; a bar of time
that does not hold is said.

Usage: load.py BUILD_DIR [burst|sustained|workers|saga]… [options]
"""

import argparse
import os
import pathlib
import resource
import signal
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SCENARIOS = ("burst", "sustained", "workers", "saga")


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", help="folder of the built gantry")
    parser.add_argument("scenarios", nargs="*", help=f"of {', '.join(SCENARIOS)}; all by default")
    parser.add_argument("--burst", default="100,1000", help="deliveries at once (100,1000)")
    parser.add_argument("--rounds", type=int, default=3,
                        help="of bursts and workers (3)")
    parser.add_argument("--rate", type=float, default=12,
                        help="sustained, deliveries a second (12: a million a day)")
    parser.add_argument("--seconds", type=int, default=600,
                        help="sustained, through Temporal (600); directly a fifth of it")
    parser.add_argument("--documents", type=int, default=100,
                        help="workers and saga, at once (100)")
    parser.add_argument("--report", default="build/load", help="folder of the report (build/load)")
    parser.add_argument("--tmp", help="folder for all state")
    options = parser.parse_args()
    if wrong := set(options.scenarios) - set(SCENARIOS):
        parser.error(f"no scenario: {', '.join(sorted(wrong))}")
    options.scenarios = options.scenarios or SCENARIOS
    options.burst = [int(size) for size in options.burst.split(",")]
    return options


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # Ends what it began, as on Ctrl-C.
    os.environ["GANTRY_BUILD_DIR"] = str(pathlib.Path(options.build).resolve())
    tempfile.tempdir = options.tmp
    # A burst has a connection for each delivery, here and in the host.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE.parent / "support/servers")]
    import burst
    import report
    import saga
    import sustained
    import workers
    before = report.busy_seconds()
    claims, bursts, rest = [], [], {"sustained": [], "workers": {}, "saga": []}
    for scenario in options.scenarios:
        if scenario == "burst":
            for size in options.burst:
                found, shown = burst.run(options, size)
                claims += found
                bursts.append(shown)
        else:
            module = {"sustained": sustained, "workers": workers, "saga": saga}[scenario]
            found, rest[scenario] = module.run(options)
            claims += found
    report.write(options.report, report.conditions(before), claims, bursts, **rest)

    width = max(len(one.name) for one in claims)
    for one in claims:
        print(f"{one.name:{width}} {one.value!s:>8}  {one.bar:8} "
              f"{'holds' if one.holds else 'FAILS'}")
    print(f"{sum(one.holds for one in claims)} of {len(claims)} bars hold; "
          f"{pathlib.Path(options.report) / 'report.md'}")
    return any(one.correct and not one.holds for one in claims)


if __name__ == "__main__":
    sys.exit(main())
