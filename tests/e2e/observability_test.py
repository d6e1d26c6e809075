"""What operators see of a running host: its metrics, and each panel of each dashboard.

All of it is real: `gantry run` with every source at work, the Temporal server, Prometheus with the
shipped configuration (watched_world.py). Of the dashboards the expressions are run; that Grafana
draws them is held by its own schema (tests/support/dashboards).
"""

import collections
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(ROOT / "deploy/prometheus")]
from check_monitoring import expressions, filled  # noqa: E402
from gantry_host import BUILD, wait_until  # noqa: E402
from watched_world import SOURCES, World, call  # noqa: E402

DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
# What Temporal's public dashboard for Core's SDKs reads (github.com/temporalio/dashboards,
# sdk/temporal-core-sdks-otel.json), without the counters of failures, cache misses and empty polls:
# those begin with their first.
CORE = {
    "temporal_activity_execution_latency": "histogram",
    "temporal_activity_schedule_to_start_latency": "histogram",
    "temporal_long_request_latency": "histogram",
    "temporal_request": "counter",
    "temporal_request_failure": "counter",
    "temporal_request_latency": "histogram",
    "temporal_sticky_cache_hit": "counter",
    "temporal_sticky_cache_size": "gauge",
    "temporal_worker_task_slots_available": "gauge",
    "temporal_worker_task_slots_used": "gauge",
    "temporal_workflow_completed": "counter",
    "temporal_workflow_endtoend_latency": "histogram",
    "temporal_workflow_task_execution_latency": "histogram",
    "temporal_workflow_task_queue_poll_succeed": "counter",
    "temporal_workflow_task_replay_latency": "histogram",
    "temporal_workflow_task_schedule_to_start_latency": "histogram",
}


def read_page(text):
    """name: (type, label names) of a page in Prometheus' text format."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    labels = collections.defaultdict(set)
    for name, pairs in re.findall(r"^(\w+)\{(.*)\} ", text, re.M):
        base = name if name in kinds else re.sub(r"_(bucket|sum|count)$", "", name)
        labels[base] |= set(re.findall(r'(\w+)="', pairs)) - {"le"}
    return {name: (kind, labels[name]) for name, kind in kinds.items()}


def documented():
    rows = re.findall(r"^\| `(gantry_\w+)` \| (\w+) \|([\w, ]*)\|",
                      (ROOT / "docs/metrics.md").read_text(), re.M)
    return {name: (kind, set(filter(None, labels.strip().split(", ")))) for name, kind, labels in rows}


def panels(board):
    return [panel for panel in board["panels"] if panel["type"] != "row"]


class Observability(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.world = World(BUILD)
        cls.addClassCleanup(cls.world.close)
        cls.world.host.start()
        cls.first_page = cls.world.page(cls.world.host.admin)
        if not cls.world.perform(400):
            raise AssertionError("the sources do not come to an end:\n" + cls.world.host.log_tail())
        # A round of the reconciler; what is asked for now is in the next scrapes.
        call(cls.world.host.admin, "POST", "/reconcile")
        wait_until("the stores were compared", lambda: "gantry_reconciler_differences" in
                   cls.world.page(cls.world.host.admin))
        cls.page = cls.world.page(cls.world.host.admin)
        wait_until("Prometheus has scraped it", lambda: cls.world.prometheus.query(
            "gantry_reconciler_differences"))

    def test_the_host_s_page_passes_promtool(self):
        for page in (self.first_page, self.page):
            done = subprocess.run(["promtool", "check", "metrics"], input=page, text=True,
                                  capture_output=True)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_every_metric_is_documented_and_every_documented_one_is_served(self):
        served, told = read_page(self.page), documented()
        self.assertEqual(sorted(served), sorted(told))
        for name in told:
            self.assertEqual(served[name], told[name], name)

    def test_every_source_s_counters_are_there_before_its_first_record(self):
        for source in SOURCES:
            for series in (f'gantry_ingestion_records_total{{outcome="stored",source="{source}"}}',
                           f'gantry_saga_documents_total{{outcome="partial",source="{source}"}}',
                           f'gantry_dead_letters{{source="{source}",kind="record"}}',
                           f'gantry_source_last_data_timestamp_seconds{{source="{source}"}}'):
                self.assertIn(series, self.first_page)

    def test_what_came_in_is_what_is_counted(self):
        counted = {labels["source"]: value for labels, value in self.world.prometheus.query(
            'sum by (source) (gantry_ingestion_records_total{outcome!="dead_letter"})')}
        for source in self.world.sources:
            given = len(source.expected)
            self.assertGreaterEqual(counted[source.name], given, source.name)
        rejected = self.world.prometheus.query(
            'gantry_ingress_requests_total{source="frontapp",outcome="rejected"}')
        self.assertEqual([value for _, value in rejected], [1])  # The tampered one of its story.
        files = self.world.prometheus.query(
            'gantry_batch_files_total{source="csv",outcome="archived"}')
        self.assertEqual([value for _, value in files], [2])

    def test_core_s_metrics_have_the_names_of_temporal_s_dashboards(self):
        served = {name: kind for name, (kind, _) in
                  read_page(self.world.page(self.world.worker_port)).items()}
        self.assertEqual({name: served.get(name) for name in CORE}, CORE)

    def test_each_expression_of_each_panel_returns_data(self):
        empty = []
        for file in DASHBOARDS:
            for title, expression in expressions(json.loads(file.read_text())):
                values = [value for _, value in self.world.prometheus.query(filled(expression))]
                if not any(map(math.isfinite, values)):
                    empty.append(f"{file.name}, {title}: {expression} -> {values}")
        self.assertEqual(empty, [])

    def test_the_operator_s_check_says_that_all_is_watched(self):
        checked = subprocess.run(
            [ROOT / "deploy/prometheus/check_monitoring.py", "--prometheus",
             f"http://127.0.0.1:{self.world.prometheus.port}"], capture_output=True, text=True)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""), checked.stdout)
        self.assertIn("ok   job gantry-worker: 1 up\n", checked.stdout)
        self.assertRegex(checked.stdout, r"ok   dashboard gantry: (\d+) of \1 expressions")

    def test_each_panel_of_a_source_has_data_whatever_the_source_can_do(self):
        board = json.loads((ROOT / "deploy/grafana/dashboards/gantry.json").read_text())
        of_source = [(title, one) for title, one in expressions(board) if "$source" in one]
        self.assertGreater(len(of_source), 8)
        for source in SOURCES:
            for title, expression in of_source:
                with self.subTest(source=source, panel=title):
                    self.assertTrue(self.world.prometheus.query(
                        filled(expression, **{"$source": source})))

    def test_each_variable_finds_its_values(self):
        wanted = {"source": set(SOURCES), "task_queue": {"gantry-ingestion"}}
        for file in DASHBOARDS:
            for variable in json.loads(file.read_text())["templating"]["list"]:
                if variable["type"] == "datasource":
                    continue
                metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)",
                                             variable["definition"]).groups()
                found = {labels.get(label) for labels, _ in self.world.prometheus.query(metric)}
                self.assertLessEqual(wanted.get(variable["name"], {"default"}), found)

    def test_no_alert_fires_that_is_not_meant_for_an_operator_of_this_world(self):
        firing = {(one["labels"]["alertname"], one["labels"].get("source"))
                  for one in self.world.prometheus.ask("alerts")["alerts"]
                  if one["state"] == "firing"}
        dead = {("GantryDeadLettersGrow", source.name) for source in self.world.sources
                if source.dead}
        self.assertLessEqual(firing, dead)

    def test_z_a_host_that_is_killed_is_missed(self):
        self.world.host.process.kill()
        self.world.host.process.wait()
        wait_until("the alert is on its way", lambda: any(
            one["labels"]["alertname"] == "GantryTargetDown" and one["labels"]["job"] == "gantry"
            for one in self.world.prometheus.ask("alerts")["alerts"]))


class Dashboards(unittest.TestCase):
    def test_each_file_is_what_grafana_s_own_schema_wants(self):
        checker = pathlib.Path(os.environ.get("GANTRY_CACHE", pathlib.Path.home() / ".cache/gantry"))
        done = subprocess.run([checker / "dashboards-0.0.22", *DASHBOARDS], capture_output=True,
                              text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_each_panel_says_what_it_shows_in_which_unit_and_none_hides_another(self):
        for file in DASHBOARDS:
            board = json.loads(file.read_text())
            ids = [panel["id"] for panel in board["panels"]]
            self.assertEqual(len(ids), len(set(ids)), file.name)
            taken = set()
            for panel in board["panels"]:
                place = panel["gridPos"]
                cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                         for y in range(place["y"], place["y"] + place["h"])}
                self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
                self.assertFalse(cells & taken, f"{file.name}: {panel['title']}")
                taken |= cells
            for panel in panels(board):
                with self.subTest(board=file.name, panel=panel["title"]):
                    self.assertGreater(len(panel["description"]), 10)
                    self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])

    def test_the_three_have_what_operators_ask_for(self):
        self.assertEqual([file.name for file in DASHBOARDS],
                         ["gantry.json", "temporal-server.json", "temporal-worker.json"])
        board = json.loads(DASHBOARDS[0].read_text())
        titles = [panel["title"] for panel in board["panels"]]
        for title in ("Success rate", "P99 latency", "Activity rate", "Task queue depth"):
            self.assertIn(title, titles)
        self.assertEqual([panel["title"] for panel in board["panels"]
                          if panel.get("repeat") == "source"], ["Source $source"])

    def test_provisioning_names_what_is_there(self):
        folder = ROOT / "deploy/grafana/provisioning"
        provider = (folder / "dashboards/gantry.yml").read_text()
        readme = (ROOT / "deploy/grafana/README.md").read_text()
        path = re.search(r"path: (\S+)", provider)[1]
        self.assertIn(f" {path}\n", readme)
        self.assertIn("type: prometheus", (folder / "datasources/prometheus.yml").read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
