"""Sources while the host runs: what polls, streams and takes files, the reload, the commands."""

import json
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from gantry_host import BUILD, Host, front_event, wait_until  # noqa: E402

# A connector that polls, streams and reads files (tests/fixtures/plugins/flows.c).
FLOWS = BUILD / "tests/unit/plugins/fixtures/flows.so"


class Sources(unittest.TestCase):
    def setUp(self):
        self.host = Host()
        self.addCleanup(self.host.close)
        self.conf = self.host.folder / "conf.d"

    def write_flows(self, name="feed", table="", total=20):
        (self.conf / f"50-{name}.toml").write_text(
            f'[source]\nplugin = "flows"\nlibrary = "{FLOWS}"\n{table}\n'
            f'[settings]\ntotal = {total}\npage = 5\n')

    def sources(self):
        listed = json.loads(self.host.command("sources", "--json").stdout)["sources"]
        return {source["id"]: source for source in listed}

    def flow(self, kind, name="feed"):
        flows = self.sources().get(name, {}).get("flows", [])
        return next((f for f in flows if f["kind"] == kind), {})

    def lines(self, event):
        whole = self.host.log.read_text().rpartition("\n")[0]  # the last line may be half written
        lines = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
        return [line for line in lines if event in line.values()]

    def reload(self, event, count=1):
        self.host.process.send_signal(signal.SIGHUP)
        return wait_until(f"{event} is logged; log:\n{self.host.log_tail()}",
                          lambda: len(self.lines(event)) >= count and self.lines(event)[-1])

    def test_a_source_is_polled_paused_polled_on_request_and_seen(self):
        self.write_flows(table='poll_interval = "1h"')
        self.host.start()
        wait_until("all 20 records are stored",
                   lambda: self.flow("polling").get("records", 0) >= 20)
        polling = self.flow("polling")
        self.assertEqual((polling["state"], polling["workflow"], polling["interval_s"]),
                         ("running", "poll:feed", 3600))
        self.assertEqual(polling["cursor"], "20")
        self.assertTrue(polling["last_success"] and polling["next_poll"])
        table = self.host.command("sources").stdout
        self.assertRegex(table, r"feed +flows .*running")

        self.host.command("sources", "pause", "feed")
        wait_until("it is paused", lambda: self.sources()["feed"]["state"] == "paused")
        self.host.command("sources", "resume", "feed")
        wait_until("it goes on", lambda: self.sources()["feed"]["state"] == "running")
        before = self.flow("polling")["iteration"]
        self.host.command("sources", "poll", "feed")
        wait_until("it polls at once", lambda: self.flow("polling")["iteration"] > before)
        refused = self.host.command("sources", "poll", "frontapp", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("neither polls nor streams", refused.stderr)
        metrics = self.host.get("/metrics").body.decode()
        self.assertIn('gantry_source_state{source="feed",state="running"} 1', metrics)

    def test_a_reload_starts_reconfigures_and_stops_what_changed(self):
        self.host.start()
        self.write_flows(table='poll_interval = "1h"')
        done = self.reload("reloaded")
        self.assertEqual((done["added"], done["unchanged"]), ("feed", "frontapp"))
        wait_until("the new source is polled",
                   lambda: self.flow("polling").get("records", 0) >= 20)

        self.write_flows(table='poll_interval = "2h"', total=25)
        done = self.reload("reloaded", 2)
        self.assertEqual(done["changed"], "feed")
        wait_until("the workflow has the new interval", lambda: self.lines("polling_reconfigured"))
        self.assertEqual(self.flow("polling")["interval_s"], 7200)
        self.host.command("sources", "poll", "feed")
        wait_until("the new connector is asked", lambda: self.flow("polling")["cursor"] == "25")

        (self.conf / "50-feed.toml").unlink()
        done = self.reload("reloaded", 3)
        self.assertEqual(done["removed"], "feed")
        wait_until("its workflows are stopped",
                   lambda: self.lines("polling_stopped") and self.lines("streaming_stopped"), 90)
        self.assertNotIn("feed", self.sources())

        self.write_flows(total=30)
        self.reload("reloaded", 4)
        wait_until("it goes on from its cursor", lambda: (
            self.flow("polling").get("records"), self.flow("polling").get("cursor")) == (5, "30"))
        self.assertEqual(self.host.stop(), 0)

    def test_a_broken_file_is_named_by_line_and_the_old_configuration_stays(self):
        self.host.start()
        (self.conf / "51-broken.toml").write_text('[source]\nplugin = "frontapp"\nfan = 1\n')
        refused = self.reload("reload_refused")
        self.assertIn(f"{self.conf}/51-broken.toml:3: unknown key source.fan", refused["reason"])
        self.assertEqual(self.host.post(front_event(1)).status, 202)
        checked = self.host.command("check", "--offline", check=False)
        self.assertEqual(checked.returncode, 1)
        self.assertIn("51-broken.toml:3: unknown key source.fan", checked.stdout)

        (self.conf / "51-broken.toml").write_text(
            '[source]\nplugin = "frontapp"\n[settings]\nmode = "nonsense"\n')
        refused = self.reload("reload_refused", 2)
        self.assertIn("51-broken.toml:3", refused["reason"])
        self.assertIn("/mode", refused["reason"])
        self.assertEqual(set(self.sources()), {"frontapp"})
        self.assertEqual(self.lines("reloaded"), [])

    def test_settings_of_the_host_are_named_and_wait_for_a_restart(self):
        self.host.start()
        text = (self.conf / "00-host.toml").read_text()
        (self.conf / "00-host.toml").write_text(text + 'log.level = "debug"\nstrict = true\n')
        waiting = self.reload("restart_needed")
        self.assertEqual(waiting["settings"], "strict")

    def test_requests_under_way_survive_a_reload_storm(self):
        self.host.start()
        for number in range(1, 31):
            fresh = self.host.folder / "fresh.toml"
            fresh.write_text((self.conf / "50-frontapp.toml").read_text().split("tolerance")[0]
                             + f"tolerance = {300 + number}\n")
            fresh.rename(self.conf / "50-frontapp.toml")  # a reload may read it at any time
            self.host.process.send_signal(signal.SIGHUP)
            self.assertEqual(self.host.post(front_event(number)).status, 202)
        wait_until("all are stored", lambda: all(
            self.host.document(f"frontapp:message:msg_{n:06d}") for n in range(1, 31)))
        self.assertEqual(self.sources()["frontapp"]["deliveries"]["accepted"], 30)

    def test_status_shows_the_time_of_every_stage(self):
        self.host.start()
        self.host.post(front_event(1))
        wait_until("it is stored", lambda: self.host.document("frontapp:message:msg_000001"))
        status = json.loads(
            self.host.command("status", "frontapp/evt_000001", "--wait", "--json").stdout)
        steps = {step["name"]: step for step in status["steps"]}
        stages = ["parse_webhook_payload", "parse_document", "extract_entities",
                  "generate_embeddings", "write_to_databases"]
        times = [steps[stage]["at"] for stage in stages]
        self.assertEqual(times, sorted(times), status["steps"])
        self.assertEqual({steps[stage]["detail"] for stage in stages}, {"local"})

    def test_a_file_is_read_as_soon_as_it_lies_there(self):
        folder = self.host.folder / "in"
        folder.mkdir()
        self.write_flows(table=f'files.directory = "{folder}"\nfiles.ready = "rename"')
        self.host.start()
        (folder / "loads.txt.tmp").write_text("one\ntwo\nthree\n")
        (folder / "loads.txt.tmp").rename(folder / "loads.txt")
        read = wait_until("the file is read", lambda: self.lines("files_read"))[-1]
        self.assertEqual((read["files"], read["rejected"]), (1, 0), read)
        self.assertEqual(self.sources()["feed"]["files"]["processed"], 1)
        self.assertEqual(list(folder.glob("*.txt")), [])
        self.assertEqual(len([f for f in (folder / "archive").rglob("*") if f.is_file()]), 1)

    def test_a_schedule_reads_at_its_times_and_not_before_and_follows_the_configuration(self):
        folder = self.host.folder / "in"
        folder.mkdir()
        table = f'files.directory = "{folder}"\nfiles.ready = "rename"\n'
        never = 'files.schedule = "0 2 31 12 *"\nfiles.schedule_zone = "America/Chicago"\n'

        def read_so_far():
            return len([f for f in (folder / "archive").rglob("*") if f.is_file()])

        self.write_flows(table=table + never)
        self.host.start()
        made = wait_until("the schedule is made", lambda: self.lines("batch_scheduled"))[-1]
        self.assertEqual((made["source"], made["schedule"], made["zone"]),
                         ("feed", "0 2 31 12 *", "America/Chicago"))
        at = wait_until("its time is shown",
                        lambda: self.sources()["feed"].get("files", {}).get("next_run"))
        self.assertRegex(at, r"^20\d\d-12-31T08:00:00Z$")

        (folder / "loads.txt").write_text("one\ntwo\n")
        self.assertEqual(self.lines("files_watched"), [])
        self.host.command("sources", "poll", "feed")  # an operator may read it now
        read = wait_until("the file is read", lambda: self.lines("files_read"), 60)[-1]
        self.assertEqual((read["files"], read["rejected"]), (1, 0), read)
        self.assertEqual(self.sources()["feed"]["files"]["processed"], 1)

        (folder / "more.txt").write_text("three\n")
        self.write_flows(table=table + 'files.schedule = "@every 1s"\n')
        self.reload("reloaded")
        changed = wait_until("the schedule is changed", lambda: self.lines("batch_rescheduled"))
        self.assertEqual(changed[-1]["schedule"], "@every 1s")
        wait_until("its time came", lambda: read_so_far() == 2, 60)

        self.write_flows(table=table)
        self.reload("reloaded", 2)
        wait_until("the schedule is gone", lambda: self.lines("batch_unscheduled"))
        (folder / "last.txt").write_text("four\n")
        wait_until("the watch reads again", lambda: read_so_far() == 3, 60)
        self.assertEqual(self.host.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
