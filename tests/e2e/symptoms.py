"""What docs/troubleshooting.md is about, made to happen: one function for each of its sections,
which breaks something of a RunningHost, lets the page say what is seen and done, and tidies up."""

import contextlib
import resource
import shutil
import socket
import sqlite3
import sys
import time
import unittest.mock

from running_host import BUILD, FRONT, ROOT, free_port, wait_until

sys.path.insert(0, str(ROOT / "tools"))
from demo_host import Simulator  # noqa: E402
from postgres import Postgres  # noqa: E402
from rollback_test import Chat, SlowModel  # noqa: E402

SYMPTOMS = {}


def symptom(heading):
    def enter(function):
        SYMPTOMS[heading] = contextlib.contextmanager(function)
        return function
    return enter


@symptom("No host answers")
def _(it):
    it.up()
    it.down()
    yield


@symptom("A port is taken")
def _(it):
    it.down()
    with socket.create_server(("127.0.0.1", it.host.ingress)):
        yield


@symptom("A setting is refused")
def _(it):
    it.conf("60-mine.toml", "# Ours\ningress.lisen = \"127.0.0.1:8080\"\nrollout = 150\n")
    yield


@symptom("The state folder cannot be used")
def _(it):
    it.down()
    it.conf("60-mine.toml", f'state_dir = "{it.folder}/secrets/front/state"\n')
    yield


@symptom("Another process has the state folder")
def _(it):
    it.up()
    yield


@symptom("There is no engine")
def _(it):
    it.down()
    it.conf("60-mine.toml", 'temporal.address = ""\n')
    it.host.environment["GANTRY_CACHE"] = str(it.folder / "none")
    it.host.environment["PATH"] = f"{BUILD}:/usr/bin:/bin"
    yield


@symptom("The namespace does not exist")
def _(it):
    it.down()
    it.host.environment["TEMPORAL_NAMESPACE"] = "freight"
    yield


@symptom("Vectors are of another model")
def _(it):
    it.up()
    it.host.command("ingest", it.write("note.md", "# Load LD-88231 is late\n"), "--wait")
    it.down()
    it.conf("30-models.toml", 'embedding.embedder = "minilm"\n')
    yield
    it.restore()
    it.host.command("reembed")


@symptom("A reload changes nothing")
def _(it):
    it.up()
    it.conf("50-frontapp.toml", '[source]\nplugin = "frontapp"\nfan = 1\n')
    yield


@symptom("A changed setting has no effect")
def _(it):
    it.up()
    it.host.environment["TEMPORAL_ROLLOUT"] = "25"
    it.conf("60-mine.toml", 'rollout = 50\n[ingress]\nbody_bytes_max = "2MiB"\n')
    it.reload()
    yield


@symptom("A source is refused")
def _(it):
    library = it.folder / "connectors/frontapp.so"
    library.parent.mkdir(mode=0o755)
    shutil.copy(BUILD / "plugins/frontapp.so", library)
    library.chmod(0o666)
    it.conf("50-frontapp.toml", '[source]\nplugin = "frontapp"\n'
            f'library = "{library}"\n[settings]\nsigning_key = "file:secrets/front"\n')
    it.up()
    yield
    it.down()


@symptom("A secret is missing")
def _(it):
    it.conf("50-frontapp.toml", FRONT.replace("file:secrets/front", "env:FRONT_SIGNING_KEY"))
    yield


@symptom("A secret file is open to others")
def _(it):
    path = it.secret("front", "of-the-application", 0o644)
    it.conf("50-frontapp.toml", FRONT.replace("secrets/front", str(path)))
    yield


def hubspot(port):
    """Polled, from a vendor on this port."""
    return (f'[source]\nplugin = "hubspot"\negress = ["127.0.0.1:{port}"]\n[settings]\n'
            'access_token = "file:secrets/hubspot"\nclient_secret = "file:secrets/front"\n'
            f'api_url = "http://127.0.0.1:{port}"\nobjects = ["contacts"]\n'
            'public_url = "http://127.0.0.1/webhooks/hubspot"\n')


@symptom("The vendor refuses the credentials")
def _(it):
    vendor = Simulator("hubspot")
    it.secret("hubspot", "revoked")
    it.conf("50-hubspot.toml", hubspot(vendor.port))
    it.up()
    try:
        yield
    finally:
        vendor.close()


@symptom("A source is not polled")
def _(it):
    it.secret("hubspot", "pat-na1-0123456789abcdef")
    it.conf("50-crm.toml", hubspot(free_port()))
    it.up()
    yield


@symptom("A file is rejected")
def _(it):
    inbox = it.folder / "inbox"
    inbox.mkdir()
    it.conf("50-acme.toml", f'[source]\nplugin = "csv"\nfiles.directory = "{inbox}"\n'
            'files.ready = "rename"\n[settings]\npartner = "acme"\nfile_kind = "load"\n'
            'key = ["load_id"]\n[[settings.columns]]\ntarget = "load_id"\n'
            'sources = ["Load ID"]\nrequired = true\n')
    it.up()
    (inbox / "monday.csv.part").write_text("Load,ZIP\nLD-1,07001\n")
    (inbox / "monday.csv.part").rename(inbox / "monday.csv")
    wait_until("it is rejected", lambda: list((inbox / "error").glob("*.err")))
    yield


@symptom("A source is silent")
def _(it):
    it.up()
    it.sample(2)
    yield


@symptom("Senders get 401")
def _(it):
    it.up()
    it.sample(401)
    it.secret("front", "changed-at-the-vendor")
    yield
    it.down()


@symptom("Senders get 404")
def _(it):
    it.up()
    yield


@symptom("Senders get 413")
def _(it):
    it.up()
    (it.folder / "large.json").write_bytes(
        b'{"payload": {"id": "evt_1", "text": "' + b"x" * (1 << 20) + b'"}}')
    yield


@symptom("Senders get 503")
def _(it):
    it.down()
    # A write beyond a limit of its own is refused as one beyond the disk is, by a process that does
    # not want to be ended for it.
    program = it.folder / "patient-gantry"
    program.write_text(f"#!/bin/bash\ntrap '' XFSZ\nexec {BUILD}/gantry \"$@\" > >(cat) 2>&1\n")
    program.chmod(0o755)
    with unittest.mock.patch("gantry_host.GANTRY", program):
        it.up()
    it.sample(503)
    pid = it.host.process.pid
    endless = resource.RLIM_INFINITY
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, endless))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (endless, endless))
        it.down()


@symptom("Deliveries are accepted and nothing happens")
def _(it):
    it.up()
    it.sample(1)
    it.server.kill()
    try:
        yield
    finally:
        it.server.start()


@symptom("A workflow makes no progress")
def _(it):
    it.up()
    it.server.cli("workflow", "start", "--type", "WorkflowOfTomorrow", "--task-queue",
                  "gantry-ingestion", "-w", "of-tomorrow")
    yield


@symptom("Nothing starts on a new build")
def _(it):
    it.host.environment |= {"TEMPORAL_WORKER_VERSIONING": "true", "TEMPORAL_WORKER_BUILD_ID": "v2",
                            "TEMPORAL_TASK_QUEUE": "of-builds"}
    it.up()
    it.server.cli("workflow", "start", "--type", "GreetingWorkflow", "--task-queue", "of-builds",
                  "-w", "greeting", "-i", '"Ada"')
    yield


@symptom("A store is away")
def _(it):
    server = Postgres()
    try:
        server.sql("CREATE DATABASE freight OWNER locked")
        it.conf("20-stores.toml", '[stores.documents]\n'
                f'url = "postgresql://locked@127.0.0.1:{server.port}/freight"\n'
                'password = "env:DB_PASSWORD"\n')
        it.host.environment["DB_PASSWORD"] = "open sesame"
        it.up()
        server.kill()
        it.host.command("ingest", it.write("late.md", "# Load LD-88240 is early\n"))
        yield
    finally:
        it.host.kill()  # A drain would wait for the write.
        server.close()


@symptom("A model is away")
def _(it):
    it.conf("30-models.toml", 'embedding.embedder = "hashing"\n[entities]\nextractor = "openai"\n'
            f'url = "http://127.0.0.1:{free_port()}/v1"\n')
    it.up()
    it.host.command("ingest", it.write("early.md", "# Load LD-88241 is early\n"))
    yield
    it.host.kill()


@symptom("Something was given up on")
def _(it):
    it.up()
    it.host.command("send", "frontapp", it.write("broken.json", "this is no JSON"))
    yield


@symptom("The stores differ")
def _(it):
    it.up()
    it.host.command("ingest", it.write("lost.md", "# Load LD-88242 is lost\n"), "--wait")
    with contextlib.closing(sqlite3.connect(it.folder / "state/stores.db")) as stores:
        stores.execute("DELETE FROM documents_ledger WHERE id = 'upload:file:lost.md'")
        stores.commit()
    yield


@symptom("Search does not find it")
def _(it):
    it.up()
    yield


class Slow(Chat):
    def do_POST(self):
        time.sleep(2)
        super().do_POST()


@symptom("Something is slow")
def _(it):
    model = SlowModel()
    model.away, model.RequestHandlerClass = False, Slow
    it.conf("30-models.toml", 'embedding.embedder = "hashing"\n[entities]\nextractor = "openai"\n'
            f'url = "http://127.0.0.1:{model.server_port}/v1"\n')
    it.up()
    it.write("slow.md", "# Load LD-88243 is in the middle\n")
    try:
        yield
    finally:
        model.shutdown()
        model.server_close()


@symptom("Prometheus has no data")
def _(it):
    it.up()
    yield
