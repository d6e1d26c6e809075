"""A burst into four servers, one of which is killed in the middle and comes back."""

import itertools
import time

from deliveries import Landings, at_once, landed
from report import Claim
from servers import Servers
from world import Progress, World, metrics, reconciled, say

AWAY_S = 3
PATIENCE_S = 600


def kill_in_the_middle(host, landings, server, numbers, what):
    progress = Progress(what)
    before = landings.count()
    deliveries = at_once([host], numbers)
    began = time.monotonic()
    while landings.count() - before < len(deliveries) // 3:
        if time.monotonic() - began > PATIENCE_S:
            break
        time.sleep(0.01)
    server.kill()
    killed, had = time.monotonic(), landings.count() - before
    time.sleep(AWAY_S)
    server.start()
    back = time.monotonic()
    landed([landings], deliveries, PATIENCE_S, progress)
    progress.end()
    return deliveries, {"documents": len(deliveries), "before": had,
                        "away_s": round(back - killed, 1),
                        "landed_s": round(time.monotonic() - began, 1)}


def run(options):
    """(claims, what the report shows)."""
    claims, shown, sent = [], [], []
    numbers = itertools.count()
    with World() as world, Servers() as servers:
        host = world.host()
        servers.serve(host)
        host.start()
        landings = Landings(host)
        for name, server in servers.by_name().items():
            some, result = kill_in_the_middle(
                host, landings, server, list(itertools.islice(numbers, options.documents)),
                f"saga, {name} killed")
            sent += some
            shown.append({"store": name, **result})
            say(f"saga: {shown[-1]}")
            claims += about(name, some)
        wanted = sorted(one.document for one in sent)
        for name, have in servers.documents().items():
            claims.append(Claim.equal(f"saga: documents in {name}, each once",
                                      len(have) if have == wanted else difference(have, wanted),
                                      len(wanted)))
        agrees, compared, said = reconciled(host)
        claims += [
            Claim.equal("saga: workflows completed", world.completed(len(sent)), len(sent)),
            Claim.equal("saga: dead letters", int(metrics(host).total("gantry_dead_letters")), 0),
            Claim.equal("saga: locks left in Redis", servers.locks(), 0),
            Claim.equal("saga: documents that every store agrees on", compared if agrees else said,
                        len(wanted))]
    return claims, shown


def about(name, deliveries):
    total = len(deliveries)
    return [
        Claim.equal(f"saga, {name} killed: answered 202",
                    sum(one.status == 202 for one in deliveries), total),
        Claim.equal(f"saga, {name} killed: landed", sum(
            {landing.outcome for landing in one.landings} == {"stored"} for one in deliveries),
            total)]


def difference(have, wanted):
    return (f"{len(set(wanted) - set(have))} missing, {len(have) - len(set(have))} doubled, "
            f"{len(set(have) - set(wanted))} unknown")
