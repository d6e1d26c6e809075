"""A fixed pace for minutes: what is posted lands, and nothing piles up."""

import asyncio
import statistics
import time

from deliveries import Landings, at_rate, landed
from report import Claim, distribution
from world import Progress, World, metrics, reconciled, set_rollout

PATIENCE_S = 300
MB = 2**20
RATE_OVER = 10  # Samples.


class Watch:
    """Asks the host once a second."""

    def __init__(self, host, landings, seconds, what):
        self.host, self.landings, self.seconds = host, landings, seconds
        self.before = landings.count()
        self.progress = Progress(what)
        self.began = time.monotonic()
        self.samples = []

    def look(self, deliveries):
        now = metrics(self.host)
        done = self.landings.count() - self.before
        answered = sum(one.status == 202 for one in deliveries)
        queue = {kind: int(now.total("gantry_task_queue_backlog", task_type=kind))
                 for kind in ("workflow", "activity")}
        self.samples.append({
            "second": round(time.monotonic() - self.began, 1), "answered": answered, "landed": done,
            "backlog": max(0, answered - done),
            "inbox_pending": int(now.total("gantry_inbox_pending")),
            "inbox_lag_s": round(now.total("gantry_inbox_oldest_pending_seconds"), 3),
            "workflow_tasks": queue["workflow"], "activity_tasks": queue["activity"],
            "staged": int(now.total("gantry_staging_records")),
            "rss_mb": round(now.total("gantry_resident_memory_bytes") / MB, 1)})
        past = self.samples[-RATE_OVER:][0]
        passed = self.samples[-1]["second"] - past["second"]
        self.samples[-1]["landed_per_s"] = (
            round((done - past["landed"]) / passed, 1) if passed else 0)
        self.progress.draw(f"{self.samples[-1]['second']:.0f} of {self.seconds} s, {done} landed")

    def thirds(self, key):
        size = max(1, len(self.samples) // 3)
        parts = self.samples[:size], self.samples[size:-size] or self.samples, self.samples[-size:]
        return [round(statistics.mean(one[key] for one in part), 1) for part in parts]


def run_path(host, landings, path, rate, seconds, first):
    set_rollout(host, path)
    watch = Watch(host, landings, seconds, f"{rate:g}/s, {path}")
    numbers = range(first, first + max(1, int(rate * seconds)))
    deliveries = asyncio.run(at_rate(host, numbers, rate, watch.look))
    landed([landings], deliveries, PATIENCE_S, watch.progress)
    watch.progress.end()
    last, whole = watch.samples[-1], [one.latency for one in deliveries if one.landings]
    return deliveries, {
        "path": path, "rate": rate, "seconds": seconds,
        "landed_per_s": round(last["landed"] / max(1, last["second"]), 1),
        **distribution(whole),
        "backlog": watch.thirds("backlog"), "rss_mb": watch.thirds("rss_mb"),
        "lag_max": max(one["inbox_lag_s"] for one in watch.samples), "samples": watch.samples}


def run(options):
    """(claims, what the report shows). The direct path takes a fifth of the time."""
    claims, shown, sent = [], [], 0
    with World() as world:
        host = world.host().start()
        landings = Landings(host)
        for path, seconds in (("temporal", options.seconds),
                              ("direct", max(1, options.seconds // 5))):
            deliveries, result = run_path(host, landings, path, options.rate, seconds, sent)
            sent += len(deliveries)
            shown.append(result)
            claims += about(path, options.rate, deliveries, result)
            if path == "temporal":
                name = "sustained, temporal: workflows completed"
                claims.append(Claim.equal(name, world.completed(sent), sent))
        agrees, compared, said = reconciled(host)
        claims += [
            Claim.equal("sustained: dead letters",
                        int(metrics(host).total("gantry_dead_letters")), 0),
            Claim.equal("sustained: documents that every store agrees on",
                        compared if agrees else said, sent)]
    return claims, shown


def about(path, rate, deliveries, result):
    name, total = f"sustained, {path}", len(deliveries)
    # Under a second's worth is no queue.
    first, _, last = (max(one, rate) for one in result["backlog"])
    _, middle, end = result["rss_mb"]
    return [
        Claim.equal(f"{name}: answered 202", sum(one.status == 202 for one in deliveries), total),
        Claim.equal(f"{name}: stored, once each", sum(
            [landing.outcome for landing in one.landings] == ["stored"] for one in deliveries),
            total),
        Claim.below(f"{name}: backlog of the last third over the first", last / first, 1.5),
        Claim.below(f"{name}: memory of the last third over the middle", end / middle, 1.1)]
