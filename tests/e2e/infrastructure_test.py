"""The topology of deploy/compose.yaml as real processes: a Temporal server with UI, metrics, dynamic
configuration and a database, and a host that works through it, also after the server was ended."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from gantry_host import Host, free_port, front_event, request, wait_until  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("GANTRY_CACHE") or pathlib.Path.home() / ".cache" / "gantry")
TEMPORAL = CACHE / "temporal" / "bin" / "temporal"
DYNAMIC = yaml.safe_load((ROOT / "deploy" / "dynamicconfig" / "development.yaml").read_text())


class Server:
    """Temporal's server with a database file; survives its own restarts."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gantry-temporal-"))
        self.port, self.ui, self.metrics = free_port(), free_port(), free_port()
        self.process = None

    def start(self):
        words = [TEMPORAL, "server", "start-dev", "--ip", "127.0.0.1", "--port", str(self.port),
                 "--ui-port", str(self.ui), "--metrics-port", str(self.metrics),
                 "--db-filename", self.folder / "temporal.db", "--log-level", "error"]
        for key, values in DYNAMIC.items():
            self.check_plain(key, values)
            words += ["--dynamic-config-value", f"{key}={json.dumps(values[0]['value'])}"]
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until("Temporal serves", lambda: self.command(
            "operator", "namespace", "describe", check=False).returncode == 0)
        return self

    @staticmethod
    def check_plain(key, values):
        """The file says it as the server's own reader wants it; this server takes it by flags."""
        if len(values) != 1 or values[0].get("constraints") != {}:
            raise AssertionError(f"{key}: a flag cannot say this")

    def command(self, *arguments, check=True):
        done = subprocess.run([TEMPORAL, *arguments, "--address", f"127.0.0.1:{self.port}"],
                              capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise AssertionError(f"temporal {arguments}: {done.stdout}{done.stderr}")
        return done

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def shown(self, workflow_id):
        """What the UI's own page asks for a workflow; None where it has none."""
        answer = request(self.ui, "GET", "/api/v1/namespaces/default/workflows/"
                         + urllib.parse.quote(workflow_id, safe=""))
        return answer.json()["workflowExecutionInfo"] if answer.status == 200 else None


class Infrastructure(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        cls.host = Host(temporal_address=f"127.0.0.1:{cls.server.port}")
        cls.addClassCleanup(cls.host.close)
        cls.host.start()

    def deliver(self, number):
        answer = self.host.post(front_event(number))
        self.assertEqual(answer.status, 202, answer.body)

    def completed(self, number):
        def way():
            info = self.server.shown(f"webhook:frontapp:evt_{number:06d}")
            return info is not None and info["status"] == "WORKFLOW_EXECUTION_STATUS_COMPLETED"
        wait_until(f"delivery {number} is completed in the UI", way)
        wait_until("its document is stored",
                   lambda: self.host.document(f"frontapp:message:msg_{number:06d}"))

    def serving(self):
        """What /readyz and the metrics say of Temporal."""
        page = self.host.get("/metrics").body.decode()
        return (self.host.get("/readyz").status,
                int(re.search(r"(?m)^gantry_temporal_serving (\d)$", page)[1]))

    def test_doctor_finds_all_that_the_host_has_registered(self):
        rows = json.loads(self.host.command("doctor", "--json").stdout)["rows"]
        states = {row["name"]: row["state"] for row in rows}
        for name in ("temporal reachable", "temporal namespace", "search attributes"):
            self.assertEqual(states[name], "pass", rows)

    def test_the_ui_answers(self):
        page = request(self.server.ui, "GET", "/")
        self.assertIn(page.status, (200, 301, 302, 307, 308))
        self.assertIn("default", json.dumps(request(
            self.server.ui, "GET", "/api/v1/namespaces").json()))

    def test_metrics_of_server_and_worker_answer(self):
        self.deliver(1)
        self.completed(1)
        self.assertRegex(request(self.server.metrics, "GET", "/metrics").body,
                         rb'(?m)^service_requests\{.*operation="StartWorkflowExecution"')
        self.assertRegex(request(self.host.metrics, "GET", "/metrics").body,
                         rb"(?m)^temporal_workflow_completed")

    def test_the_dynamic_configuration_holds(self):
        limit = DYNAMIC["limit.maxIDLength"][0]["value"]
        self.assertNotEqual(limit, 1000)  # the server's own

        def start(length):
            return self.server.command("workflow", "start", "--type", "None", "--task-queue",
                                       "nobody", "--workflow-id", "x" * length, check=False)
        self.assertEqual(start(limit).returncode, 0)
        refused = start(limit + 1)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(f"exceeds maximum allowed length ({limit + 1}/{limit})", refused.stderr)

    def test_data_survives_the_server_and_work_goes_on(self):
        self.deliver(2)
        self.completed(2)
        self.server.kill()
        self.deliver(3)  # the door stays open
        wait_until("the host says that Temporal is away", lambda: self.serving() == (503, 0))
        self.server.start()
        wait_until("and that it is back", lambda: self.serving() == (200, 1))
        self.completed(2)  # of the server before
        self.completed(3)
        self.deliver(4)
        self.completed(4)
        self.assertEqual(self.host.command("status", "--wait").returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
