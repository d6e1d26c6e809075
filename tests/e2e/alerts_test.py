"""deploy/prometheus: the configuration, and every alert at the sample where it begins to fire.

What is real: promtool and Prometheus, which read the shipped files, and in the last test a host. What
is not: elsewhere the metrics come from alert_cases.py, once as promtool's own series, in which two
hours take no time, and once from a small HTTP server that Prometheus scrapes every second. Where time
does pass, the alerts' `for` is shortened and nothing else. That a host serves these metrics is
observability_test.py's.
"""

import http.server
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(ROOT / "tests/support/servers")]
from alert_cases import CASES  # noqa: E402
from gantry_host import Host, free_port, front_event, wait_until  # noqa: E402
from prometheus import Prometheus  # noqa: E402

SHIPPED = ROOT / "deploy/prometheus"
STEP_S = 15


def series_of(name, values):
    return {"series": name, "values": values}


def samples_of(values):
    """Prometheus' notation written out; None where the series has gone."""
    samples = []
    for word in values.split():
        if word == "stale":
            samples.append(None)
            continue
        first, step, times = re.fullmatch(r"(-?\d+)(?:\+(\d+))?(?:x(\d+))?", word).groups()
        samples += [int(first) + int(step or 0) * n for n in range(int(times or 0) + 1)]
    return samples


class Page(http.server.ThreadingHTTPServer):
    """Serves series as a page of metrics; each scrape gets the next sample of each."""

    def __init__(self, series):
        self.series = {name: samples_of(values) for name, values in series.items()}
        self.scrapes = 0
        super().__init__(("127.0.0.1", 0), Answer)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def text(self):
        lines = []
        for name, samples in self.series.items():
            value = samples[min(self.scrapes, len(samples) - 1)]
            if name.startswith("gantry_start_timestamp_seconds"):
                pass  # Only its changes count.
            elif "timestamp_seconds" in name:  # 0 is long ago here as well; all else is just now.
                value = time.time() if value else 0
            if value is not None:
                lines.append(f"{name} {value}")
        self.scrapes += 1
        return "\n".join(lines) + "\n"

    def close(self):
        self.shutdown()
        self.server_close()


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.server.text().encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def watch(targets):
    """A Prometheus with the shipped alerts, which fire after 2 s, that scrapes these every second."""
    short = re.sub(r"for: \d+[smh]\n", "for: 2s\n", (SHIPPED / "alerts.yml").read_text())
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder, "alerts.yml")
        rules.write_text(short)
        return Prometheus(json.dumps({  # JSON is YAML
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": ["alerts.yml"],
            "scrape_configs": [{"job_name": "gantry", "honor_labels": True,
                                "static_configs": [{"targets": targets}]}]}), rules)


def firing(server):
    return {one["labels"]["alertname"] for one in server.ask("alerts")["alerts"]
            if one["state"] == "firing"}


class Alerts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Prometheus("rule_files: [alerts.yml]\n", SHIPPED / "alerts.yml")
        cls.addClassCleanup(cls.server.close)
        cls.rules = {rule["name"]: rule for group in cls.server.ask("rules")["groups"]
                     for rule in group["rules"]}

    def promtool(self, *arguments):
        done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_shipped_configuration_is_valid_and_scrapes_all_three(self):
        self.promtool("check", "config", SHIPPED / "prometheus.yml")
        text = (SHIPPED / "prometheus.yml").read_text()
        self.assertEqual(re.findall(r'targets: \["localhost:(\d+)"\]', text),
                         ["8077", "8078", "8081"])
        self.assertIn("scrape_interval: 15s", text)

    def test_the_operator_s_check_names_what_is_not_watched(self):
        check = SHIPPED / "check_monitoring.py"
        for url, said in ((f"http://127.0.0.1:{self.server.port}", "FAIL job gantry: no target"),
                          (f"http://127.0.0.1:{free_port()}", "does not answer")):
            checked = subprocess.run([check, "--prometheus", url], capture_output=True, text=True)
            self.assertEqual(checked.returncode, 1)
            self.assertIn(said, checked.stdout + checked.stderr)

    def test_every_alert_says_what_to_do_and_has_a_case(self):
        self.assertEqual(sorted(self.rules), sorted(case.alert for case in CASES))
        for name, rule in self.rules.items():
            with self.subTest(name):
                self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
                self.assertEqual(sorted(rule["annotations"]), ["description", "runbook", "summary"])
                self.assertGreater(len(rule["annotations"]["description"]), 60)

    def test_each_begins_to_fire_at_its_sample_and_not_before(self):
        rules = [{"alert": name, "expr": rule["query"], "for": f"{int(rule['duration'])}s",
                  "labels": rule["labels"]} for name, rule in self.rules.items()]
        tests = []
        for case in CASES:
            rule = self.rules[case.alert]
            first = case.since + int(rule["duration"])
            fires = {"eval_time": f"{first}s", "alertname": case.alert,
                     "exp_alerts": [{"exp_labels": {**case.labels, **rule["labels"]}}]}
            moments = [fires]
            if first > 0:
                moments.insert(0, {"eval_time": f"{first - STEP_S}s", "alertname": case.alert})
            tests.append({"name": f"{case.alert} fires", "interval": f"{STEP_S}s",
                          "input_series": [series_of(*one) for one in case.bad.items()],
                          "alert_rule_test": moments})
            tests.append({"name": f"{case.alert} does not", "interval": f"{STEP_S}s",
                          "input_series": [series_of(*one) for one in case.good.items()],
                          "alert_rule_test": [{"eval_time": f"{first}s",
                                               "alertname": case.alert}]})
        with tempfile.TemporaryDirectory() as folder:  # JSON is YAML
            pathlib.Path(folder, "rules.yml").write_text(
                json.dumps({"groups": [{"name": "shipped", "rules": rules}]}))
            pathlib.Path(folder, "tests.yml").write_text(json.dumps(
                {"rule_files": ["rules.yml"], "evaluation_interval": f"{STEP_S}s",
                 "tests": tests}))
            self.promtool("test", "rules", pathlib.Path(folder, "tests.yml"))

    def scrape(self, series, *more):
        page = Page(series)
        self.addCleanup(page.close)
        server = watch([f"127.0.0.1:{port}" for port in (page.port, *more)])
        self.addCleanup(server.close)
        return page, server

    def test_each_fires_in_a_prometheus_that_scrapes_a_host_in_trouble(self):
        skipped = ("up{", "gantry_build_info")  # Prometheus' own, and nobody serves the other.
        _, server = self.scrape({name: values for case in CASES for name, values in case.bad.items()
                                 if not name.startswith(skipped)}, free_port())
        try:
            wait_until("all fire", lambda: firing(server) == set(self.rules), 90)
        except AssertionError:
            self.fail(f"silent: {sorted(set(self.rules) - firing(server))}")
        for alert in server.ask("alerts")["alerts"]:
            for text in alert["annotations"].values():
                self.assertNotIn("<error", text, alert)
                self.assertNotIn("<no value>", text, alert)

    def test_none_fires_over_a_host_that_is_well(self):
        page, server = self.scrape({name: values for case in CASES
                                    for name, values in case.good.items()
                                    if not name.startswith("up{")})
        wait_until("it was scraped for a while", lambda: page.scrapes > 20)
        self.assertEqual(firing(server), set())

    def test_a_real_host_that_accepts_and_completes_nothing_is_alive_but_stuck(self):
        host = Host(temporal_address=f"127.0.0.1:{free_port()}")  # Where nobody is.
        self.addCleanup(host.close)
        host.start(wait=False)
        server = watch([f"127.0.0.1:{host.admin}"])
        self.addCleanup(server.close)
        wait_until("its counters were seen at zero", lambda: server.query(
            'gantry_ingress_requests_total{outcome="accepted"} == 0'))
        self.assertEqual(host.post(front_event(1)).status, 202)
        wait_until("both alarms", lambda: firing(server) >= {"GantryAliveButStuck",
                                                             "GantryTemporalAway"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
