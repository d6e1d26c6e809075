"""Two hosts share one task queue: either runs any workflow, and each one's bytes stay its own."""

import pathlib
import re
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support/servers")]
from gantry_host import Host, front_event, request, wait_until  # noqa: E402
from temporal import Temporal  # noqa: E402

COMPLETED = re.compile(r"^temporal_workflow_completed(?:_total)?\{[^}]*\} (\d+)", re.M)


def completed_by(host):
    """Workflows that this host's worker brought to their end, by Core's own count."""
    scraped = request(host.metrics, "GET", "/metrics").body.decode()
    return sum(int(number) for number in COMPLETED.findall(scraped))


class TwoHosts(unittest.TestCase):
    def setUp(self):
        self.server = Temporal()
        self.addCleanup(self.server.close)
        # A child workflow for each record: nothing keeps it on the host that has the record.
        self.door, self.helper = (Host(self.server.address, fanout="record") for _ in range(2))
        for host in (self.door, self.helper):
            self.addCleanup(host.close)
            host.start()

    def post(self, numbers):
        for number in numbers:
            self.assertEqual(self.door.post(front_event(number)).status, 202)

    def landed(self, numbers, patience=120):
        wait_until("all are stored where they came in", lambda: all(
            self.door.document(f"frontapp:message:msg_{number:06d}") for number in numbers),
            patience)

    def settled(self):
        self.assertEqual(self.door.command("status", "--wait").returncode, 0)
        for host in (self.door, self.helper):
            self.assertEqual(host.get("/dlq").json()["letters"], [])
            self.assertEqual(host.command("reconcile").returncode, 0)

    def test_what_comes_in_at_one_is_done_by_both_and_lost_by_none(self):
        self.post(range(60))
        self.landed(range(60))
        self.assertGreater(completed_by(self.helper), 0)
        self.assertGreater(completed_by(self.door), 0)
        self.settled()

    def test_while_the_host_with_the_bytes_is_away_they_are_waited_for(self):
        self.post(range(30))
        self.door.kill()
        self.door.start()
        self.post(range(30, 60))
        self.landed(range(60))
        self.settled()


if __name__ == "__main__":
    unittest.main(verbosity=2)
