"""The scripts of deploy/rollout, as an operator runs them: against built hosts, a real Temporal
server, and a real Prometheus. Prints how long each rollback took."""

import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support/servers")]
from gantry_host import GANTRY, Host, front_event, wait_until  # noqa: E402
from prometheus import Prometheus  # noqa: E402
from rollout_test import bucket, message, metric  # noqa: E402
from temporal import CLI, Temporal  # noqa: E402

SCRIPTS = HERE.parents[1] / "deploy/rollout"
# The roadmap's bounds, section 17.
EMERGENCY_S = 5 * 60
GRACEFUL_S = 30 * 60


def script(name, *arguments, environment=None, timeout=300):
    began = time.monotonic()
    done = subprocess.run(
        [SCRIPTS / name, *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
        env={**os.environ, "GANTRY": str(GANTRY), "TEMPORAL_CLI": str(CLI), "NO_COLOR": "1",
             **(environment or {})})
    done.seconds = time.monotonic() - began
    done.both = f"{name}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def uploads(folder, path, count, text):
    """Files whose documents take that path at 50 %."""
    made = []
    number = 0
    while len(made) < count:
        name = f"{path}{number}{'.pdf' if text.startswith(b'%PDF') else '.md'}"
        number += 1
        if (bucket(f"upload:file:{name}") < 50) == (path == "temporal"):
            (folder / name).write_bytes(text)
            made.append(folder / name)
    return made


class OneHost(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Temporal()
        cls.addClassCleanup(cls.server.close)
        cls.host = Host(temporal_address=cls.server.address)
        cls.addClassCleanup(cls.host.close)
        cls.host.start()
        cls.admin = ("--admin", f"127.0.0.1:{cls.host.admin}")

    def percentage(self):
        return json.loads(self.host.command("rollout", "show", "--json").stdout)["percentage"]

    def set(self, percentage):
        self.host.command("rollout", "set", str(percentage))

    def deliver(self, numbers):
        for number in numbers:
            self.assertEqual(self.host.post(front_event(number)).status, 202)

    def stored(self, numbers):
        wait_until("all are stored", lambda: all(self.host.document(message(n)) for n in numbers),
                   300)

    def running(self):
        return int(json.loads(self.server.cli(
            "workflow", "count", "-q", "ExecutionStatus='Running' AND WorkflowType IN "
            "('WebhookIngestionWorkflow','DocumentIngestionWorkflow')", "-o", "json").stdout)
            .get("count", 0))

    def test_every_script_has_help_and_refuses_what_it_does_not_know(self):
        for one in sorted(SCRIPTS.glob("*.sh")):
            if one.name == "common.sh":
                continue
            with self.subTest(one.name):
                help_ = script(one.name, "--help")
                self.assertEqual(help_.returncode, 0, help_.both)
                self.assertIn(f"{one.name} ", help_.stdout)
                self.assertNotIn("#", help_.stdout)
                wrong = script(one.name, "--nonsense")
                self.assertEqual(wrong.returncode, 2, wrong.both)
                self.assertEqual(script(one.name, "--admin").returncode, 2)

    def test_set_sets_every_host_named(self):
        done = script("set.sh", "35", *self.admin, *self.admin)
        self.assertEqual(done.returncode, 0, done.both)
        self.assertEqual(self.percentage(), 35)
        dead = script("set.sh", "40", *self.admin, "--admin", "127.0.0.1:1")
        self.assertEqual(dead.returncode, 1, dead.both)
        self.assertIn("127.0.0.1:1 did not do it", dead.stderr)
        self.assertEqual(self.percentage(), 40)
        for wrong in ("101", "x", "-1"):
            self.assertEqual(script("set.sh", wrong, *self.admin).returncode, 2)

    def test_monitor_shows_both_paths(self):
        done = script("monitor.sh", "--rounds", "1", *self.admin)
        self.assertEqual(done.returncode, 0, done.both)
        self.assertRegex(done.stdout, r"\d+ %  \|  temporal \d+ ended.*\|  direct \d+ ended")

    def test_monitor_ends_with_0_on_ctrl_c(self):
        watch = subprocess.Popen([GANTRY, "rollout", "watch", "--interval", "3600", *self.admin],
                                 stdout=subprocess.PIPE, text=True)
        self.assertIn("temporal", watch.stdout.readline())
        watch.send_signal(2)
        self.assertEqual(watch.wait(30), 0)
        watch.stdout.close()

    def test_emergency_sends_everything_the_direct_way(self):
        self.set(100)
        self.deliver(range(1000, 1010))
        done = script("rollback-emergency.sh", *self.admin)
        self.assertEqual(done.returncode, 0, done.both)
        self.assertLess(done.seconds, EMERGENCY_S)
        print(f"\nemergency rollback: {done.seconds:.1f} s", file=sys.stderr)
        self.assertEqual(self.percentage(), 0)
        self.stored(range(1000, 1010))  # by either path
        before = metric(self.host, "gantry_ingestion_seconds_count", path="direct",
                        outcome="stored")
        self.deliver(range(1010, 1020))
        self.stored(range(1010, 1020))
        wait_until("the new ones took the direct path", lambda: metric(
            self.host, "gantry_ingestion_seconds_count", path="direct", outcome="stored")
            == before + 10)
        dead = script("rollback-emergency.sh", "--admin", "127.0.0.1:1")
        self.assertEqual(dead.returncode, 1, dead.both)

    def test_graceful_goes_down_step_by_step_and_lets_workflows_end(self):
        self.set(100)
        stop = threading.Event()
        sent = []

        def traffic():
            for number in range(2000, 3000):
                if stop.is_set():
                    return
                self.host.post(front_event(number))
                sent.append(number)
                stop.wait(0.1)
        sender = threading.Thread(target=traffic)
        sender.start()
        try:
            done = script("rollback-graceful.sh", "--step-time", "1", *self.admin,
                          timeout=GRACEFUL_S)
        finally:
            stop.set()
            sender.join()
        self.assertEqual(done.returncode, 0, done.both)
        self.assertLess(done.seconds, GRACEFUL_S)
        print(f"\ngraceful rollback: {done.seconds:.1f} s with steps of 1 s", file=sys.stderr)
        told = [line for line in done.stderr.splitlines() if "workflows of before ended" in line]
        self.assertEqual([line.split("at ")[1].split(" %")[0] for line in told], ["50", "10", "0"])
        self.assertEqual(self.percentage(), 0)
        self.assertEqual(self.running(), 0)
        self.stored(sent)
        again = script("rollback-graceful.sh", *self.admin)
        self.assertEqual(again.returncode, 0, again.both)  # nothing left to do


class Compared(unittest.TestCase):
    """Temporal's path made worse: what of its buckets comes in cannot be read."""

    @classmethod
    def setUpClass(cls):
        cls.server = Temporal()
        cls.addClassCleanup(cls.server.close)
        cls.host = Host(temporal_address=cls.server.address)
        cls.addClassCleanup(cls.host.close)
        cls.host.environment["TEMPORAL_ROLLOUT"] = "50"
        cls.host.start()
        cls.prometheus = Prometheus(
            "global:\n  scrape_interval: 1s\nscrape_configs:\n  - job_name: gantry\n"
            f"    static_configs:\n      - targets: ['127.0.0.1:{cls.host.admin}']\n")
        cls.addClassCleanup(cls.prometheus.close)
        cls.admin = ("--admin", f"127.0.0.1:{cls.host.admin}")
        cls.ask = ("--prometheus", f"http://127.0.0.1:{cls.prometheus.port}", "--window", "5m",
                   "--samples", "5", "--latency-ratio", "1000")
        wait_until("Prometheus has scraped the host twice", lambda: [
            value for _, value in cls.prometheus.query(
                "count_over_time(gantry_rollout_percentage[5m])") if value >= 2])

    def compare(self):
        done = script("compare.sh", *self.ask, "--json")
        return done.returncode, json.loads(done.stdout or "{}").get("verdict"), done.both

    def test_1_too_few_documents_are_said_to_be_too_few(self):
        code, verdict, both = self.compare()
        self.assertEqual((code, verdict), (0, "too_few"), both)

    def test_2_equal_paths_are_good(self):
        self.host.command("ingest", "--wait", *uploads(self.host.folder, "temporal", 8, b"late\n"),
                          *uploads(self.host.folder, "direct", 8, b"late\n"))
        wait_until("Prometheus has seen them", lambda: self.compare()[:2] == (0, "good"))
        guarded = script("guard.sh", "--for", "1", "--interval", "1", *self.admin, "--", *self.ask)
        self.assertEqual(guarded.returncode, 0, guarded.both)
        own = script("compare.sh", *self.admin, "--samples", "5", "--latency-ratio", "1000",
                     "--json")
        self.assertEqual(own.returncode, 0, own.both)  # the host's own metrics say the same
        self.assertEqual(json.loads(own.stdout)["temporal"]["ended"], 8)

    def test_3_guard_sets_a_rollout_back_that_does_worse(self):
        self.host.command("ingest", "--wait", check=False,
                          *uploads(self.host.folder, "temporal", 8, b"%PDF-1.4 broken"))
        wait_until("Prometheus has seen them", lambda: self.compare()[:2] == (1, "bad"))
        guarded = script("guard.sh", "--for", "60", "--interval", "1", "--to", "10", *self.admin,
                         "--", *self.ask)
        self.assertEqual(guarded.returncode, 3, guarded.both)
        self.assertIn("error rate", guarded.stdout)
        shown = json.loads(self.host.command("rollout", "show", "--json").stdout)
        self.assertEqual(shown["percentage"], 10)
        print(f"\nguard set back within {guarded.seconds:.1f} s", file=sys.stderr)

    def test_4_a_prometheus_that_is_away_stops_nothing(self):
        before = json.loads(self.host.command("rollout", "show", "--json").stdout)["percentage"]
        guarded = script("guard.sh", "--for", "1", "--interval", "1", *self.admin, "--",
                         "--prometheus", "http://127.0.0.1:1")
        self.assertEqual(guarded.returncode, 0, guarded.both)
        self.assertIn("nobody could be asked", guarded.stderr)
        after = json.loads(self.host.command("rollout", "show", "--json").stdout)["percentage"]
        self.assertEqual(after, before)


class SlowModel(http.server.ThreadingHTTPServer):
    """A chat model that is away until told: 503, then no entities at all."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Chat)
        self.away = True
        self.asked = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Chat(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked += 1
        body = json.dumps({"choices": [{"finish_reason": "stop", "message": {
            "role": "assistant", "content": '{"entities": []}'}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1}}).encode()
        self.send_response(503 if self.server.away else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Builds(unittest.TestCase):
    """Two builds of one deployment beside each other."""

    def setUp(self):
        self.server = Temporal()
        self.addCleanup(self.server.close)
        self.model = SlowModel()
        self.addCleanup(self.model.server_close)
        self.addCleanup(self.model.shutdown)

    def host(self, build, slow=False):
        host = Host(temporal_address=self.server.address)
        self.addCleanup(host.close)
        host.environment |= {"TEMPORAL_WORKER_BUILD_ID": build, "TEMPORAL_WORKER_VERSIONING": "true",
                             "TEMPORAL_DEPLOYMENT_NAME": "freight"}
        if slow:
            (host.folder / "conf.d/30-models.toml").write_text(
                '[entities]\nextractor = "openai"\nmodel = "m"\n'
                f'url = "http://127.0.0.1:{self.model.server_port}/v1"\n')
        return host.start()

    def worker(self, *arguments):
        done = script("rollback-worker.sh", *arguments, "--deployment", "freight",
                      environment={"TEMPORAL_ADDRESS": self.server.address})
        self.assertEqual(done.returncode, 0, done.both)
        return done

    def greet(self, number):
        """The build that a new workflow starts on."""
        workflow = f"greet-{number}"
        self.server.cli("workflow", "execute", "--type", "GreetingWorkflow", "--task-queue",
                        "gantry-ingestion", "-w", workflow, "-i", '"Ada"')
        return self.described(workflow)["versioningInfo"]["deploymentVersion"]["buildId"]

    def described(self, workflow):
        return json.loads(self.server.cli("workflow", "describe", "-w", workflow, "-o", "json")
                          .stdout)["workflowExecutionInfo"]

    def routing(self):
        return json.loads(self.server.cli("worker", "deployment", "describe", "--name", "freight",
                                          "-o", "json").stdout)["routingConfig"]

    def test_a_build_is_ramped_promoted_and_rolled_back_under_running_workflows(self):
        self.host("v1")
        self.worker("promote", "v1")
        wait_until("new workflows start on v1", lambda: self.greet("v1") == "v1")
        second = self.host("v2", slow=True)
        self.worker("ramp", "v2", "30")
        status = self.worker("status").stdout
        self.assertIn("v2", status)
        self.worker("promote", "v2")
        self.assertEqual(self.greet("promoted"), "v2")

        note = second.folder / "note.md"
        note.write_text("Load LD-1 is late\n")
        document = json.loads(second.command("ingest", note, "--json").stdout)["documents"][0]
        wait_until("its workflow waits for the model", lambda: self.model.asked >= 3, 120)

        done = self.worker("rollback", "v1")
        print(f"\nworker rollback: {done.seconds:.1f} s", file=sys.stderr)
        self.assertEqual(self.greet("back"), "v1")
        running = self.described(document["workflow"])
        self.assertEqual(running["status"], "WORKFLOW_EXECUTION_STATUS_RUNNING")
        self.model.away = False
        wait_until("it ends where it began",
                   lambda: self.described(document["workflow"])["status"]
                   == "WORKFLOW_EXECUTION_STATUS_COMPLETED", 180)
        ended = self.described(document["workflow"])
        self.assertEqual(ended["versioningInfo"]["deploymentVersion"]["buildId"], "v2")
        self.assertEqual(ended["versioningInfo"]["behavior"], "VERSIONING_BEHAVIOR_PINNED")

        self.worker("ramp", "v2", "50")
        wait_until("v2 is ramped", lambda: self.routing().get("rampingVersionBuildID") == "v2")
        self.worker("rollback", "v1")
        wait_until("the ramp is over", lambda: not self.routing().get("rampingVersionBuildID"))
        self.assertEqual(self.routing()["currentVersionBuildID"], "v1")

    def test_a_build_that_nobody_runs_is_refused(self):
        self.host("v1")
        self.worker("promote", "v1")
        done = script("rollback-worker.sh", "rollback", "v0", "--deployment", "freight", "--wait",
                      "1", environment={"TEMPORAL_ADDRESS": self.server.address})
        self.assertEqual(done.returncode, 1, done.both)
        self.assertIn("no worker of build v0", done.stderr)
        for wrong in (("promote",), ("ramp", "v1"), ("ramp", "v1", "x"), ("status", "v1"), ("up",)):
            self.assertEqual(script("rollback-worker.sh", *wrong).returncode, 2, wrong)


if __name__ == "__main__":
    unittest.main(verbosity=2)
