"""What deploy/ says about containers, held to schemas, to itself and to the program. No container engine
takes part: what the files start is run as processes by infrastructure_test and tools/package_test.sh."""

import os
import pathlib
import re
import subprocess
import sys
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
CACHE = pathlib.Path(os.environ.get("GANTRY_CACHE") or pathlib.Path.home() / ".cache" / "gantry")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
ONE_SHOTS = {"temporal-schema"}


def lint(program, *arguments):
    """Exit code and words of a program that tools/test_servers.sh installs."""
    folder, = CACHE.glob("lint-*")
    done = subprocess.run([folder / "bin" / program, *arguments], capture_output=True, text=True,
                          timeout=120)
    return done.returncode, done.stdout + done.stderr


class Compose(unittest.TestCase):
    def test_it_is_what_the_compose_specification_allows(self):
        # By its module: the environment was moved after its scripts were written.
        code, said = lint("python", "-m", "check_jsonschema", "--builtin-schema",
                          "vendor.compose-spec", DEPLOY / "compose.yaml")
        self.assertEqual(code, 0, said)

    def test_the_ports_are_those_that_are_promised_and_open_to_this_machine_only(self):
        published = {}
        for name, service in SERVICES.items():
            for port in service.get("ports", []):
                address, outside, inside = port.split(":")
                self.assertEqual(address, "127.0.0.1", name)
                published[int(outside)] = (name, int(inside))
        self.assertEqual(published, {
            5433: ("temporal-postgres", 5432), 7233: ("temporal", 7233), 8077: ("temporal", 8077),
            8088: ("temporal-ui", 8080), 8080: ("gantry", 8080), 8081: ("gantry", 8081),
            8078: ("gantry", 8078), 9090: ("prometheus", 9090), 3000: ("grafana", 3000)})

    def test_every_service_is_on_the_network_pinned_and_watched(self):
        self.assertEqual(COMPOSE["networks"]["apex-network"]["name"], "apex-network")
        for name, service in SERVICES.items():
            self.assertEqual(service["networks"], ["apex-network"], name)
            self.assertRegex(service["image"], r":v?\d+\.\d+(\.\d+)?(-bookworm)?$", name)
            if name not in ONE_SHOTS | {"gantry"}:  # whose check is in its image
                self.assertIn("healthcheck", service, name)
            for other in service.get("depends_on", {}):
                self.assertIn(other, SERVICES)
        self.assertIn("HEALTHCHECK", (DEPLOY / "Dockerfile").read_text())

    def test_it_holds_no_secret(self):
        for name, service in SERVICES.items():
            for key, value in service.get("environment", {}).items():
                if re.search("PASSWORD|PWD|SECRET|KEY", key):
                    self.assertRegex(value, r"^\$\{[A-Z_]+:\?", f"{name}: {key}")

    def test_what_it_mounts_is_there(self):
        for name, service in SERVICES.items():
            for volume in service.get("volumes", []):
                source = re.sub(r"^\$\{[A-Z_]+:-(.*?)\}", r"\1", volume).split(":")[0]
                if source.startswith("."):
                    self.assertTrue((DEPLOY / source).exists(), f"{name}: {source}")
                else:
                    self.assertIn(source, COMPOSE["volumes"], name)

    def test_prometheus_scrapes_the_jobs_that_the_alerts_know(self):
        def jobs(path):
            return {job["job_name"]: [target.rsplit(":", 1)[1] for config in job["static_configs"]
                                      for target in config["targets"]]
                    for job in yaml.safe_load((DEPLOY / path).read_text())["scrape_configs"]}
        self.assertEqual(jobs("compose/prometheus.yml"), jobs("prometheus/prometheus.yml"))

    def test_scripts_are_sound_shell(self):
        for script in sorted((DEPLOY / "temporal").glob("*.sh")):
            done = subprocess.run(["dash", "-n", script], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), script)
            self.assertTrue(os.access(script, os.X_OK), script)


class Dockerfile(unittest.TestCase):
    TEXT = (DEPLOY / "Dockerfile").read_text()

    def test_hadolint_finds_nothing_worth_a_warning(self):
        code, said = lint("hadolint", "--failure-threshold", "warning", DEPLOY / "Dockerfile")
        self.assertEqual(code, 0, said)

    def test_the_host_runs_as_nobody_special_and_from_the_package(self):
        last = self.TEXT.rsplit("\nFROM ", 1)[1]
        self.assertIn("\nUSER gantry\n", last)
        self.assertIn("/packages/gantry_*.deb", last)
        self.assertNotIn("COPY", last)
        self.assertIn('CMD ["gantry", "status"]', last)

    def test_variables_that_are_set_are_variables_that_the_host_reads(self):
        known = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.temporal.example").read_text(), re.M))
        used = set(re.findall(r"\b(GANTRY_[A-Z_]+)=", self.TEXT.rsplit("\nFROM ", 1)[1]))
        used |= set(SERVICES["gantry"]["environment"])
        self.assertEqual(used - known, set())

    def test_no_secret_of_a_working_copy_reaches_a_layer(self):
        ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
        for name in (".env", ".env.*", "**/gantry.env", "conf.d/50-*.toml", ".git", "build"):
            self.assertIn(name, ignored)
        self.assertNotRegex(self.TEXT, r"(?i)(ARG|ENV)\s+\S*(secret|password|token|key)")


if __name__ == "__main__":
    unittest.main(verbosity=2)
