"""Signed deliveries over HTTP, and when each of them was in all stores."""

import asyncio
import dataclasses
import datetime
import json
import time

from gantry_host import front_event, front_headers

TEXT = ("Driver at gate for LD-{0:06d}, PRO 77120{0:04d}. Rate $1,250.00 from Joliet, IL to "
        "Newark, NJ. Contact disp@carrier.example. ") * 6


@dataclasses.dataclass
class Delivery:
    number: int
    sent: float = 0.0  # Times are the machine's clock, which the host's log has too.
    answered: float = 0.0
    status: int = 0  # 0: no answer.
    landings: list = dataclasses.field(default_factory=list)

    @property
    def document(self):
        return f"frontapp:message:msg_{self.number:06d}"

    @property
    def landed(self):
        return self.landings[0].time if self.landings else None

    @property
    def latency(self):
        """Seconds from the answer until every store had it."""
        return max(0.0, self.landed - self.answered)


@dataclasses.dataclass
class Landing:
    time: float
    outcome: str


def request(delivery):
    body = front_event(delivery.number, TEXT.format(delivery.number))
    fields = {**front_headers(body), "Host": "127.0.0.1", "Content-Length": len(body),
              "Connection": "close"}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST /webhooks/frontapp HTTP/1.1\r\n{head}\r\n".encode() + body


async def post(connection, delivery, text):
    reader, writer = connection
    try:
        delivery.sent = time.time()
        writer.write(text)
        answer = await asyncio.wait_for(reader.readline(), 60)
        delivery.answered = time.time()
        delivery.status = int(answer.split()[1])
    except (OSError, IndexError, ValueError, asyncio.TimeoutError):
        pass  # Its status stays 0.
    finally:
        writer.close()


async def _at_once(hosts, deliveries):
    texts = [request(one) for one in deliveries]
    connections = await asyncio.gather(*(
        asyncio.open_connection("127.0.0.1", hosts[place % len(hosts)].ingress)
        for place in range(len(deliveries))))
    await asyncio.gather(*map(post, connections, deliveries, texts))


def at_once(hosts, numbers):
    """All at the same time, each over a connection of its own, to the hosts in turn."""
    deliveries = [Delivery(number) for number in numbers]
    asyncio.run(_at_once(hosts, deliveries))
    return deliveries


async def connect_and_post(host, delivery):
    connection = await asyncio.open_connection("127.0.0.1", host.ingress)
    await post(connection, delivery, request(delivery))


async def at_rate(host, numbers, rate, every_second):
    """At a fixed pace, whatever the answers are; calls `every_second` beside it, off the loop."""
    deliveries = [Delivery(number) for number in numbers]
    began, posts = time.monotonic(), []

    async def beside():
        while True:
            await asyncio.to_thread(every_second, deliveries)
            await asyncio.sleep(1)
    watch = asyncio.create_task(beside())
    for place, one in enumerate(deliveries):
        await asyncio.sleep(max(0.0, began + place / rate - time.monotonic()))
        posts.append(asyncio.create_task(connect_and_post(host, one)))
    await asyncio.gather(*posts)
    watch.cancel()
    return deliveries


class Landings:
    """What the log of a host says of documents that were written."""

    def __init__(self, host):
        self.log, self.offset, self.by_document = host.log, 0, {}
        self.read()

    def read(self):
        if not self.log.exists():  # A host that was not started yet.
            return
        with open(self.log, "rb") as log:
            log.seek(self.offset)
            text = log.read()
        whole = text[:text.rfind(b"\n") + 1]
        self.offset += len(whole)
        for line in whole.splitlines():
            if b'"document_written"' in line:
                one = json.loads(line)
                when = datetime.datetime.fromisoformat(one["time"]).timestamp()
                self.by_document.setdefault(one["document"], []).append(
                    Landing(when, one["outcome"]))

    def count(self):
        self.read()
        return len(self.by_document)


def landed(hosts_landings, deliveries, within, progress):
    """Waits until all are; gives each its landings. What is missing then is missing."""
    until = time.monotonic() + within
    while True:
        for landings in hosts_landings:
            landings.read()
        for one in deliveries:
            one.landings = sorted((landing for landings in hosts_landings
                                   for landing in landings.by_document.get(one.document, [])),
                                  key=lambda landing: landing.time)
        have = sum(bool(one.landings) for one in deliveries)
        progress.draw(f"{have} of {len(deliveries)} landed")
        if have == len(deliveries) or time.monotonic() > until:
            return have
        time.sleep(0.1)
