"""Each safeguard of the saga is needed: without it a test of the saga turns red.

Compiles host/stores/saga/run.cpp anew for each mutant, exactly as the build does, links the saga's
test with that object in front of the library, and runs it.

Usage: saga_mutants_test.py SOURCE_DIR BUILD_DIR
"""

import json
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

SOURCE, BUILD = (pathlib.Path(word) for word in sys.argv[1:3])
RUN = SOURCE / "host/stores/saga/run.cpp"
TEST = "tests/unit/stores/stores_saga_test"

CACHED, ABSENT = "read_kept(*(*cached)[i])", 'read_kept("")'
LOCK, OTHER_LOCK = "lock_key(task->item->document.id)", "lock_key(to_hex(random_bytes(8)) + task->key)"


def of_function(name, old, new):
    """Replaces `old` in one member function of Run."""
    def mutate(text):
        begin = text.index(f"Run::{name}(")
        end = text.find("\n}\n", begin)
        body = text[begin:end]
        assert body.count(old) == 1, f"{name} has {body.count(old)} times {old}"
        return text[:begin] + body.replace(old, new) + text[end:]
    return mutate


# The two orders in which the steps come, and the tests of each: each store for itself, and one transaction. Apart, a
# token that is the largest for everybody keeps nobody out; a transaction without one keeps no late writer out.
APART, TOGETHER = "Saga.*", "SagaTogether.*"
MUTANTS = {
    "apart, without the idempotency check": (APART, of_function("take_cached", CACHED, ABSENT)),
    "apart, without the lock": (APART, of_function("lock_some", LOCK, OTHER_LOCK)),
    "apart, without the fencing token": (APART, of_function(
        "put_everywhere", "{operation, task->lease->fence}", "{operation, 1LL << 62}")),
    "together, without the idempotency check": (TOGETHER, of_function("take_cached", CACHED, ABSENT)),
    "together, without the lock": (TOGETHER, of_function("lock_some", LOCK, OTHER_LOCK)),
    "together, without the fencing token": (TOGETHER, of_function(
        "steps_together", "{{}, task->lease->fence}", "{{}, 0}")),
}


def run(command, cwd=BUILD, check=True):
    return subprocess.run(command, cwd=cwd, check=check, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)


def compile_command(source, target):
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        if entry["file"] == str(RUN):
            words = shlex.split(entry["command"])
            words[words.index("-o") + 1] = str(target)
            return [str(source) if word == str(RUN) else word for word in words]
    raise AssertionError(f"{RUN} is not compiled")


def link_command(first_object, target):
    """The build's own command; what it links first wins over the library's object."""
    command = run(["ninja", "-t", "commands", TEST]).stdout.splitlines()[-1]
    assert f"-o {TEST} " in command, command
    begin, end = command.split(f"-o {TEST} ")
    return ["sh", "-c", f"{begin}{shlex.quote(str(first_object))} -o {shlex.quote(str(target))} {end}"]


class SagaMutants(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="gantry-mutants-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def outcome_of(self, tests, mutate):
        """The exit code of those tests of the saga, and what they said."""
        (self.folder / "run.cpp").write_text(mutate(RUN.read_text()))
        run(compile_command(self.folder / "run.cpp", self.folder / "run.o"))
        run(link_command(self.folder / "run.o", self.folder / "test"))
        done = run([self.folder / "test", f"--gtest_filter={tests}", "--gtest_fail_fast", "--gtest_brief=1"],
                   check=False)
        return done.returncode, done.stdout


def add_tests():
    def unchanged(self):
        self.assertEqual(self.outcome_of("*", lambda text: text)[0], 0)
    SagaMutants.test_unchanged_it_is_green = unchanged
    for name, (tests, mutate) in MUTANTS.items():
        def is_red(self, tests=tests, mutate=mutate):
            code, said = self.outcome_of(tests, mutate)
            self.assertEqual(code, 1, said)
            self.assertIn("[  FAILED  ]", said)
        setattr(SagaMutants, "test_" + name.replace(", ", "_").replace(" ", "_"), is_red)


add_tests()

if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
