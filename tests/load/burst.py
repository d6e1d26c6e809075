"""Deliveries posted all at once, through Temporal and through the direct path in turn."""

import itertools
import statistics

from deliveries import Landings, at_once, landed
from report import Claim, distribution
from world import Progress, World, cpu_seconds, metrics, reconciled, say, set_rollout

PATHS = ("temporal", "direct")
BAR = 5
WARM_UP = 50
PATIENCE_S = 600


def in_flight(deliveries):
    """The most that were answered and not yet landed at one time."""
    steps = [(one.answered, 1) for one in deliveries] + [(one.landed, -1) for one in deliveries]
    return max(itertools.accumulate(step for _, step in sorted(steps)), default=0)


def round_of(world, host, landings, path, numbers, what):
    """(the deliveries, CPU milliseconds for each of the host and of the Temporal server)."""
    set_rollout(host, path)
    progress = Progress(what)
    processes = world.processes()
    before = {name: cpu_seconds(pid) for name, pid in processes.items()}
    deliveries = at_once([host], numbers)
    landed([landings], deliveries, PATIENCE_S, progress)
    progress.end()
    return deliveries, {
        f"{name}_cpu_ms": round((cpu_seconds(pid) - before[name]) * 1000 / len(deliveries), 1)
        for name, pid in processes.items()}


def measured(deliveries, costs):
    """Of a round in which all landed."""
    latencies = [one.latency for one in deliveries]
    began, ended = (min(one.sent for one in deliveries), max(one.landed for one in deliveries))
    return {**distribution(latencies), "in_flight": in_flight(deliveries),
            "answer_p99": distribution([one.answered - one.sent for one in deliveries])["p99"],
            "rate": round(len(deliveries) / (ended - began), 1), **costs, "latencies": latencies}


def run(options, size):
    """(claims, what the report shows)."""
    rounds, sent = {path: [] for path in PATHS}, {path: [] for path in PATHS}
    numbers = itertools.count()
    with World() as world:
        host = world.host().start()
        landings = Landings(host)
        for number in range(-1, options.rounds):
            for path in PATHS:
                count = size if number >= 0 else min(size, WARM_UP)
                some, costs = round_of(world, host, landings, path,
                                       list(itertools.islice(numbers, count)),
                                       f"burst of {count}, {path}")
                sent[path] += some
                if number < 0:
                    continue
                if all(one.landings for one in some):
                    rounds[path].append(measured(some, costs))
                    shown = {key: value for key, value in rounds[path][-1].items()
                             if key != "latencies"}
                    say(f"burst of {size}, round {number + 1}, {path}: {shown}")
        claims = [*correct(world, host, sent, size), *fast(rounds, size, options.rounds)]
    return claims, {"size": size, "rounds": options.rounds, "paths": {
        path: {"pooled": distribution([one for some in rounds[path] for one in some["latencies"]]),
               "rounds": rounds[path]} for path in PATHS}}


def correct(world, host, sent, size):
    deliveries = [one for path in PATHS for one in sent[path]]
    total = len(deliveries)
    agrees, compared, said = reconciled(host)
    now = metrics(host)
    name = f"burst of {size}"
    return [
        Claim.equal(f"{name}: answered 202", sum(one.status == 202 for one in deliveries), total),
        Claim.equal(f"{name}: stored, once each", sum(
            [landing.outcome for landing in one.landings] == ["stored"] for one in deliveries),
            total),
        Claim.equal(f"{name}: workflows completed", world.completed(len(sent["temporal"])),
                    len(sent["temporal"])),
        Claim.equal(f"{name}: dead letters", int(now.total("gantry_dead_letters")), 0),
        Claim.equal(f"{name}: documents that every store agrees on", compared if agrees else said,
                    total)]


def fast(rounds, size, wanted):
    if any(len(rounds[path]) < wanted for path in PATHS):
        return []  # Something was lost, and said above.
    p99 = {path: statistics.median(one["p99"] for one in rounds[path]) for path in PATHS}
    return [Claim.below(f"burst of {size}: P99 of Temporal over P99 of the direct path",
                        p99["temporal"] / p99["direct"], BAR)]
