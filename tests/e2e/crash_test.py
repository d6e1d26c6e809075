"""Nothing that was answered 2xx is lost or doubled, whenever the host dies."""

import collections
import concurrent.futures
import json
import pathlib
import random
import signal
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from gantry_host import Host, front_event, wait_until  # noqa: E402

ROUNDS = 3
CLIENTS = 8


class Crash(unittest.TestCase):
    def setUp(self):
        self.host = Host()
        self.addCleanup(self.host.close)

    def test_kill_9_under_load_loses_and_doubles_nothing(self):
        answered, lock = set(), threading.Lock()
        numbers = iter(range(100, 10_000))
        stop = threading.Event()

        def client():
            while not stop.is_set():
                with lock:
                    number = next(numbers)
                try:
                    status = self.host.post(front_event(number), timeout=5).status
                except OSError:
                    if stop.wait(0.05):
                        return
                    continue
                if status == 202:
                    with lock:
                        answered.add(number)

        self.host.start()
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            running = [pool.submit(client) for _ in range(CLIENTS)]
            for goal in range(1, ROUNDS + 1):
                wait_until("more deliveries are answered", lambda: len(answered) >= goal * 25)
                self.host.kill()
                self.host.start()
            stop.set()
            for one in running:
                one.result()

        def missing():
            return [n for n in sorted(answered)
                    if not self.host.document(f"frontapp:message:msg_{n:06d}")]

        try:
            wait_until("every answered delivery is a document", lambda: not missing(), 300)
        except AssertionError:
            lost = missing()
            ways = [self.host.command("status", f"frontapp/evt_{n:06d}", check=False).stdout
                    for n in lost[:3]]
            self.fail(f"{len(lost)} of {len(answered)} are missing: {lost[:20]}\n"
                      + "\n".join(ways) + self.host.log_tail(60))
        stats = collections.Counter()
        for number in random.Random(7).sample(sorted(answered), 20):
            status = json.loads(
                self.host.command("status", f"frontapp/evt_{number:06d}", "--json").stdout)
            stats[status["state"]] += 1
        self.assertEqual(stats, {"completed": 20})

    def test_sigterm_drains_and_ends_with_0(self):
        self.host.start()
        self.assertEqual(self.host.post(front_event(1)).status, 202)
        self.assertEqual(self.host.stop(), 0)
        self.host.start()
        wait_until("it is stored", lambda: self.host.document("frontapp:message:msg_000001"))

    def test_the_door_stays_open_while_temporal_is_away(self):
        self.host = Host(temporal_address="127.0.0.1:1")
        self.addCleanup(self.host.close)
        self.host.start(wait=False)

        def answered():
            try:
                return self.host.post(front_event(1)).status == 202
            except OSError:
                return False
        wait_until("a delivery is answered without Temporal", answered)
        self.assertEqual(self.host.get("/livez").status, 200)
        self.assertEqual(self.host.get("/readyz").status, 503)
        lines = [l for l in self.host.log.read_text().splitlines() if "temporal" in l and "127.0.0.1:1" in l]
        self.assertGreaterEqual(len(lines), 1)
        self.assertLessEqual(len(lines), 3, "\n".join(lines))
        self.host.process.send_signal(signal.SIGINT)
        try:
            self.assertEqual(self.host.process.wait(30), 0)
        except subprocess.TimeoutExpired:
            self.fail("SIGINT did not end it:\n" + self.host.log_tail())


if __name__ == "__main__":
    unittest.main(verbosity=2)
