"""The worker benchmark's peer on the official Python SDK.

Usage: worker.py [--sandbox] ADDRESS QUEUE
"""

import asyncio
import sys
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner


@activity.defn
async def echo(n: int) -> int:
    return n


@workflow.defn(name="one_activity")
class OneActivity:
    @workflow.run
    async def run(self, n: int) -> int:
        return await workflow.execute_activity(echo, n, start_to_close_timeout=timedelta(seconds=60))


async def main(address, queue, sandbox):
    client = await Client.connect(address)
    runner = SandboxedWorkflowRunner() if sandbox else UnsandboxedWorkflowRunner()
    await Worker(client, task_queue=queue, workflows=[OneActivity], activities=[echo],
                 workflow_runner=runner,
                 max_concurrent_workflow_task_polls=5, max_concurrent_activity_task_polls=5,
                 max_concurrent_workflow_tasks=100, max_concurrent_activities=100,
                 max_concurrent_local_activities=100, max_cached_workflows=1000).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[-2], sys.argv[-1], "--sandbox" in sys.argv))
