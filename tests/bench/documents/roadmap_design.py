"""The roadmap's own Python design, as the peer of the documents benchmark.

Webhook workflow (validate, dedup and parse activities), one child per record, four activities per
child, each a round trip to the server; every activity does the same embedded work as Gantry's:
parse, rule entities, 256-dimension feature hashing, one SQLite transaction for all four stores.
Best settings: one process, one SQLite connection with WAL, eager activities, a sticky cache large
enough for all runs, the same pollers and slots as Gantry.

Usage: roadmap_design.py ADDRESS DELIVERIES_FILE COUNT CONCURRENCY STATE_DIR; prints one JSON object.
"""

import asyncio
import base64
import concurrent.futures
import hashlib
import hmac
import json
import os
import re
import resource
import sqlite3
import sys
import threading
import time
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.worker import Worker

KEY = os.environ["SIGNING_KEY"].encode()
ENTITY = re.compile(
    r"\b(?:(?P<load>LD-\d+)|(?P<pro>PRO ?#? ?\d{6,})|(?P<money>\$\d[\d,]*\.\d\d)"
    r"|(?P<email>[\w.+-]+@[\w-]+\.[\w.]+)|(?P<place>[A-Z][a-z]+, [A-Z]{2}))\b")


class Store:
    def __init__(self, path):
        self.lock = threading.Lock()
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.executescript("""
            PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
            CREATE TABLE documents(id TEXT PRIMARY KEY, version INTEGER, body TEXT);
            CREATE VIRTUAL TABLE words USING fts5(id UNINDEXED, text);
            CREATE TABLE vectors(id TEXT PRIMARY KEY, vector BLOB);
            CREATE TABLE mentions(id TEXT, kind TEXT, value TEXT);
            CREATE TABLE seen(id TEXT PRIMARY KEY);""")

    def seen(self, key):
        with self.lock:
            return self.db.execute("SELECT 1 FROM seen WHERE id=?", (key,)).fetchone() is not None

    def write(self, doc, entities, vector):
        with self.lock:
            self.db.execute("BEGIN IMMEDIATE")
            self.db.execute("INSERT OR REPLACE INTO documents VALUES(?,?,?)",
                            (doc["id"], doc["version"], json.dumps(doc)))
            self.db.execute("INSERT INTO words VALUES(?,?)", (doc["id"], doc["text"]))
            self.db.execute("INSERT OR REPLACE INTO vectors VALUES(?,?)",
                            (doc["id"], json.dumps(vector)))
            self.db.executemany("INSERT INTO mentions VALUES(?,?,?)",
                                [(doc["id"], k, v) for k, v in entities])
            self.db.execute("INSERT OR IGNORE INTO seen VALUES(?)", (doc["id"],))
            self.db.execute("COMMIT")


STORE: Store


@activity.defn
def validate_webhook_signature(delivery: dict) -> bool:
    body = delivery["body"].encode()
    mac = hmac.new(KEY, delivery["timestamp"].encode() + b":" + body, hashlib.sha256).digest()
    return hmac.compare_digest(base64.b64encode(mac).decode(), delivery["signature"])


@activity.defn
def parse_webhook_payload(delivery: dict) -> list[dict]:
    event = json.loads(delivery["body"])["payload"]
    message = event["target"]["data"]
    if STORE.seen("frontapp:message:" + message["id"]):
        return []
    return [{"id": "frontapp:message:" + message["id"], "version": int(event["emitted_at"] * 1000),
             "title": event["conversation"]["subject"], "text": message["text"]}]


@activity.defn
def parse_document(doc: dict) -> dict:
    text = " ".join(doc["text"].split())
    chunks = [text[i:i + 800] for i in range(0, max(len(text), 1), 700)]
    return {**doc, "text": text, "chunks": chunks}


@activity.defn
def extract_entities(doc: dict) -> list[list[str]]:
    return [[m.lastgroup, m.group()] for m in ENTITY.finditer(doc["text"])]


@activity.defn
def generate_embeddings(doc: dict) -> list[list[float]]:
    vectors = []
    for chunk in doc["chunks"]:
        vector = [0] * 256
        words = chunk.lower().split()
        for token in words + [w[i:i + 3] for w in words for i in range(len(w) - 2)]:
            h = int.from_bytes(hashlib.blake2b(token.encode(), digest_size=8).digest(), "little")
            vector[h % 256] += 1 if h >> 63 else -1
        norm = sum(x * x for x in vector) ** 0.5 or 1.0
        vectors.append([x / norm for x in vector])
    return vectors


@activity.defn
def write_to_databases(doc: dict, entities: list[list[str]], vectors: list[list[float]]) -> str:
    STORE.write(doc, entities, vectors)
    return doc["id"]


RETRY = RetryPolicy(maximum_attempts=3)


def call(name, *args, seconds=30):
    return workflow.execute_activity(name, args=args, retry_policy=RETRY,
                                     start_to_close_timeout=timedelta(seconds=seconds))


@workflow.defn
class DocumentIngestionWorkflow:
    def __init__(self):
        self.status = "pending"

    @workflow.query
    def get_status(self) -> str:
        return self.status

    @workflow.run
    async def run(self, doc: dict) -> str:
        parsed = await call(parse_document, doc)
        self.status = "parsed"
        entities = await call(extract_entities, parsed, seconds=120)
        self.status = "entities_extracted"
        vectors = await call(generate_embeddings, parsed, seconds=180)
        self.status = "embeddings_generated"
        stored = await call(write_to_databases, parsed, entities, vectors, seconds=300)
        self.status = "completed"
        return stored


@workflow.defn
class WebhookIngestionWorkflow:
    @workflow.run
    async def run(self, delivery: dict) -> int:
        if not await call(validate_webhook_signature, delivery):
            return 0
        docs = await call(parse_webhook_payload, delivery)
        for doc in docs:
            await workflow.execute_child_workflow(
                DocumentIngestionWorkflow.run, doc, id=f"doc:{doc['id']}@{doc['version']}")
        return len(docs)


async def main(address, deliveries_file, limit, concurrency, state):
    global STORE
    STORE = Store(os.path.join(state, "roadmap.db"))
    with open(deliveries_file) as lines:
        deliveries = [json.loads(line) for _, line in zip(range(limit), lines)]
    client = await Client.connect(address)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        async with Worker(
                client, task_queue="roadmap", activity_executor=pool, max_cached_workflows=1000,
                workflows=[WebhookIngestionWorkflow, DocumentIngestionWorkflow],
                activities=[validate_webhook_signature, parse_webhook_payload, parse_document,
                            extract_entities, generate_embeddings, write_to_databases]):
            gate = asyncio.Semaphore(concurrency)
            stored = 0

            async def one(delivery):
                nonlocal stored
                async with gate:
                    count = await client.execute_workflow(
                        WebhookIngestionWorkflow.run, delivery,
                        id="webhook:" + delivery["id"], task_queue="roadmap")
                    stored += count

            started = time.monotonic()
            await asyncio.gather(*(one(d) for d in deliveries))
            seconds = time.monotonic() - started
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"documents": stored, "seconds": seconds,
                      "worker_cpu_s": usage.ru_utime + usage.ru_stime,
                      "rss_mb": usage.ru_maxrss / 1024}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]))
