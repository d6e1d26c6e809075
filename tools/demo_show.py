"""What a person sees of the demo: progress on standard error, the result on standard output."""

import sys
import time


class Show:
    """One line per source that is kept up to date on a terminal; elsewhere a line per event."""

    def __init__(self, silent):
        self.out = sys.stderr
        self.is_terminal = self.out.isatty() and not silent
        self.silent = silent
        self.began = time.monotonic()
        self.told = {}
        self.drawn = 0

    def say(self, text):
        if not self.silent:
            print(f"demo: {text}", file=self.out, flush=True)

    def draw(self, sources, states):
        if self.silent:
            return
        lines = []
        for one in sources:
            landed = len(one.expected) - len(one.missing)
            state = "done" if one.done else states.get(one.name, "running")
            lines.append((one.name, state, f"{one.name:<11} {state:<13} {landed:>4} of "
                          f"{len(one.expected):<4} {one.doing}"))
        if self.is_terminal:
            up = f"\x1b[{self.drawn}A" if self.drawn else ""
            self.out.write(up + "".join(f"\r\x1b[2K  {line[:110]}\n" for _, _, line in lines))
            self.out.flush()
            self.drawn = len(lines)
            return
        for one, (name, state, line) in zip(sources, lines):
            if self.told.get(name) != (state, one.doing):
                self.told[name] = (state, one.doing)
                print(f"{time.monotonic() - self.began:6.1f} s  {line}", file=self.out, flush=True)


def report(table, rows, live, differences, seconds):
    print("\n$ gantry sources\n" + table)
    print(f"{'SOURCE':<11} {'CAME IN':>8} {'GIVEN':>6} {'LANDED':>7} {'WITHDRAWN':>10} "
          f"{'CALLS':>6} {'WEBHOOKS':>9} {'REPEATED':>9} {'REJECTED':>9}")
    for row in rows:
        print(f"{row['source']:<11} {row['came_in']:>8} {row['given']:>6} {row['landed']:>7} "
              f"{row['withdrawn']:>10} {row['calls']:>6} {row['webhooks']:>9} "
              f"{row['repeated']:>9} {row['rejected']:>9}")
    print("\none document of each, as gantry search finds it:")
    for row in rows:
        if row["found"]:
            print(f"  {row['found']['id']:<44} {row['found']['title']}")
    print("\ndead letters:")
    for row in rows:
        if row["dead_letter"]:
            print(f"  {row['source']:<11} {row['dead_letter']}")
    print(f"\n{live} documents in {seconds:.0f} s; "
          + (f"{len(differences)} differences:" if differences else "none lost, none doubled."))
    for difference in differences:
        print("  " + difference)
