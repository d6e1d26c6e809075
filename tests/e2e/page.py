"""A page of docs/ as a test: its files are written, its commands run, its output expected.

A block with a title is a file. Blocks of `sh` run one after the other in one shell, as in a
terminal; `sh exit=1` must end so, and `sh soon` is asked again until it says what follows. `text`
must be in the output of the block before, line by line: `…` stands for what is another each time, a
blank for any blanks. Whatever else a block is called must have been given a meaning by the test:
nothing on a page goes untested.
"""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import typing

BLOCK = re.compile(r"^```(\w*) ?([^\n]*)\n(.*?)^```$", re.M | re.S)
PATIENCE_S = 300
SOON_S = 60
HEADING = re.compile(r"^(#+) (.+)$", re.M)


class Block(typing.NamedTuple):
    language: str
    info: str  # What follows it: title="conf.d/50-acme.toml", exit=1, soon.
    body: str

    @property
    def title(self):
        found = re.fullmatch(r'title="([^"]+)"', self.info)
        return found and found[1]


def blocks_of(text):
    found = [Block(*one) for one in BLOCK.findall(text)]
    fences = len(re.findall(r"^```", text, re.M))
    if fences != 2 * len(found):
        raise AssertionError(f"{fences} fences, and {len(found)} blocks that this test knows")
    return found


def without_blocks(text):
    """The same, with blanks in their place."""
    return BLOCK.sub(lambda block: " " * len(block[0]), text)


def sections_of(text, level):
    """Each heading of that level and what follows it, up to the next one that is not deeper."""
    headings = [one for one in HEADING.finditer(without_blocks(text)) if len(one[1]) <= level]
    ends = [one.start() for one in headings[1:]] + [len(text)]
    return {one[2]: text[one.end():end] for one, end in zip(headings, ends)
            if len(one[1]) == level}


def anchor(heading):
    """As GitHub and GitLab make it."""
    return re.sub(r" ", "-", re.sub(r"[^\w\- ]", "", heading.lower()))


def anchors_of(text):
    return {anchor(heading) for _, heading in HEADING.findall(without_blocks(text))}


def pattern_of(line):
    words = [".*".join(map(re.escape, word.split("…"))) for word in line.split()]
    return r"\s*" + r"\s+".join(words)


class Shell:
    """One bash; what it starts in the background ends with it."""

    def __init__(self, folder, environment):
        self.folder = pathlib.Path(folder)
        self.bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=folder, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True)
        self.bash.stdin.write("trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n")

    def run(self, commands, aside=False, stdin="/dev/null"):
        """(code, output). `aside`: in a shell of its own, so that a failure ends only that."""
        block = self.folder / ".block.sh"
        block.write_text(commands)
        script = f". {block} <{stdin}"
        strict = "set -euo pipefail"
        self.bash.stdin.write(
            (f"({strict}; {script}); code=$?" if aside else
             f"{strict}; {script}; code=$?; set +euo pipefail") + "; echo; echo =end=$code\n")
        self.bash.stdin.flush()
        output = ""
        timer = threading.Timer(PATIENCE_S, os.killpg, (self.bash.pid, signal.SIGKILL))
        timer.start()
        try:
            for line in self.bash.stdout:
                if end := re.fullmatch(r"=end=(\d+)\n", line):
                    return int(end[1]), output
                output += line
            return self.bash.wait(), output
        finally:
            timer.cancel()

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.bash.stdin.close()
        self.bash.wait()
        self.bash.stdout.close()


class Reader:
    """Does what blocks say, in a shell. `kinds` gives more of them a meaning: a function of the
    block's text that returns its output. `here` maps texts of the page to what stands for them."""

    def __init__(self, shell, kinds=None, here=None):
        self.shell = shell
        self.kinds = kinds or {}
        self.here = here or {}
        self.command = self.last = self.again = None
        self.code = 0

    def localised(self, text):
        for there, here in self.here.items():
            text = text.replace(there, str(here))
        return text

    def read(self, text):
        for block in blocks_of(text):
            self.do(block)

    def do(self, block):
        body = self.localised(block.body)
        kind = f"{block.language} {block.info}".strip()
        if block.title:
            path = self.shell.folder / self.localised(block.title)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body)
        elif kind == "text":
            if self.last is None:
                raise AssertionError(f"the output of which command?\n{body}")
            self.expect(body)
        elif kind in self.kinds:
            self.command, self.code, self.again = body, 0, None
            self.last = 0, self.kinds[kind](body)
        elif found := re.fullmatch(r"sh( soon)?(?: exit=(\d+))?", kind):
            def run():
                return self.shell.run(body, kind != "sh")
            self.command, self.code, self.again = body, int(found[2] or 0), found[1] and run
            self.last = run()
            self.expect()
        else:
            raise AssertionError(f"a block of kind {kind!r} that nothing tests:\n{body}")

    def wrong(self, lines):
        """What is not as the page says of the command before; empty where all is."""
        code, output = self.last
        found = [f"ended with {code}, not with {self.code}"] if code != self.code else []
        return found + [f"not in the output: {line}" for line in lines
                        if not re.search(pattern_of(line), output)]

    def expect(self, body=""):
        deadline = time.monotonic() + SOON_S
        while wrong := self.wrong(body.splitlines()):
            if not self.again or time.monotonic() > deadline:
                raise AssertionError("\n".join([*wrong, "--- command", self.command, "--- output",
                                                self.last[1]]))
            time.sleep(0.2)
            self.last = self.again()


def environment(build, **more):
    return {**os.environ, "PATH": f"{build}:{os.environ['PATH']}", "NO_COLOR": "1", **more}
