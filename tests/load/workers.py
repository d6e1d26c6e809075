"""One host, then two that share a task queue and every store; the deliveries go to both doors."""

import itertools
import statistics
import time

from deliveries import Landings, at_once, landed
from gantry_host import request
from report import Claim
from saga import difference
from servers import Servers
from world import Metrics, Progress, World, metrics, reconciled, say

FANOUTS = {"auto": "in the delivery's workflow", "record": "in a child workflow each"}
PATIENCE_S = 120


def tasks(host):
    """Activities and workflow tasks that this host's worker has executed."""
    core = Metrics(request(host.metrics, "GET", "/metrics").body.decode())
    return {kind: int(core.total(f"temporal_{name}_count")) for kind, name in (
        ("activities", "activity_execution_latency"),
        ("local_activities", "local_activity_execution_latency"),
        ("workflow_tasks", "workflow_task_execution_latency"))}


def round_of(hosts, landings, numbers, what):
    before = [one.count() for one in landings]
    did = [tasks(host) for host in hosts]
    progress = Progress(what)
    deliveries = at_once(hosts, numbers)
    landed(landings, deliveries, PATIENCE_S, progress)
    progress.end()
    began = min(one.sent for one in deliveries)
    ended = max((one.landed for one in deliveries if one.landings), default=time.time())
    return deliveries, {
        "workers": len(hosts), "rate": round(len(deliveries) / (ended - began), 1),
        "documents": [one.count() - had for one, had in zip(landings, before)],
        "tasks": [{kind: count - had[kind] for kind, count in tasks(host).items()}
                  for host, had in zip(hosts, did)]}


def run_fanout(options, servers, fanout, numbers):
    """(claims, rounds). Each fan-out has databases of servers that the other did not write to."""
    shown, sent = [], []
    with World() as world:
        hosts = [world.host(fanout) for _ in range(2)]
        for host in hosts:
            servers.serve(host)
        hosts[0].start()
        landings = [Landings(host) for host in hosts]
        for number in range(options.rounds):
            for count in (1, 2):
                if count == 2:
                    hosts[1].start()
                some, result = round_of(
                    hosts[:count], landings[:count],
                    list(itertools.islice(numbers, options.documents)),
                    f"{count} worker(s), fanout {fanout}, round {number + 1}")
                if count == 2:
                    hosts[1].stop()
                sent += some
                shown.append({"fanout": fanout, "round": number + 1, **result})
                say(f"workers: {shown[-1]}")
        hosts[1].start()
        claims = about(world, servers, hosts, fanout, sent, shown)
    return claims, shown


def about(world, servers, hosts, fanout, sent, shown):
    name, total = f"workers, {FANOUTS[fanout]}", len(sent)
    wanted = sorted(one.document for one in sent)
    workflows = total if fanout == "auto" else 2 * total
    claims = [Claim.equal(f"{name}: answered 202", sum(one.status == 202 for one in sent), total),
              Claim.equal(f"{name}: workflows completed", world.completed(workflows), workflows)]
    for store, have in servers.documents().items():
        claims.append(Claim.equal(
            f"{name}: documents in {store}, each once",
            len(have) if have == wanted else difference(have, wanted), total))
    for place, host in enumerate(hosts):
        agrees, _, said = reconciled(host)
        claims.append(Claim.equal(f"{name}: differences that host {place + 1} sees",
                                  said if not agrees else 0, 0))
    both = [one for one in shown if one["workers"] == 2]
    idle = sum(not all(one["documents"]) for one in both)
    claims.append(Claim.equal(f"{name}: rounds in which one of two had no work", idle, 0))
    claims.append(Claim.equal(f"{name}: dead letters", sum(
        int(metrics(host).total("gantry_dead_letters")) for host in hosts), 0))
    return claims


def run(options):
    """(claims, what the report shows)."""
    claims, rounds = [], []
    for fanout in FANOUTS:
        with Servers() as servers:
            found, shown = run_fanout(options, servers, fanout, itertools.count())
        claims += found
        rounds += shown
    ratios = {fanout: round(median(rounds, fanout, 2) / median(rounds, fanout, 1), 2)
              for fanout in FANOUTS}
    return claims, {"rounds": rounds, "ratios": ratios, "what": (
        "Two hosts with one task queue and the same PostgreSQL, Qdrant (stand-in), Neo4j and "
        "Redis; the deliveries of a round go to both doors in turn. Documents/s with two over one: "
        + ", ".join(f"{ratio} with the stages {FANOUTS[one]}" for one, ratio in ratios.items())
        + ".")}


def median(rounds, fanout, workers):
    return statistics.median(one["rate"] for one in rounds
                             if one["fanout"] == fanout and one["workers"] == workers)
