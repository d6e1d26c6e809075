"""Starts workflows and waits for their ends, for whichever worker serves the queue.

Reads a count per line from stdin; answers each with the seconds it took.
Usage: starter.py ADDRESS QUEUE IN_FLIGHT
"""

import asyncio
import sys
import time

from temporalio.client import Client


async def main(address, queue, in_flight):
    client = await Client.connect(address)
    slots = asyncio.Semaphore(in_flight)

    async def one(n):
        async with slots:
            result = await client.execute_workflow("one_activity", n, id=f"{queue}-{n}",
                                                   task_queue=queue, result_type=int)
            assert result == n, result

    first = 0
    print("connected", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        count = int(line)
        began = time.monotonic()
        await asyncio.gather(*(one(n) for n in range(first, first + count)))
        first += count
        print(time.monotonic() - began, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
