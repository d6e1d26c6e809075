"""The demo's sources, one entry each: its configuration, and a story of what its vendor does.

A story is a generator. What stands before its first `yield` happens before the host starts; each
next act begins when everything that the acts before it caused has landed. `it.expect` and `it.gone`
say what must be found in the end, so that the audit knows what was lost, doubled or not withdrawn.
All people, loads and amounts are invented.
"""

import datetime
import hashlib
import json
import secrets
import string
import time

from demo_host import Simulator

SOURCES = {}


def source(secrets=None, conf="", vendor=None, webhooks=None, keys="", search=""):
    """An entry. `conf` is the source's [settings] and `keys` its [source]; in both stand $api (the
    vendor's URL), $door (where its webhooks go), $inbox and $secrets. A secret that `conf` takes by
    file: is written to a file, the others go into the environment. `webhooks` names the secret that
    the vendor signs with, `vendor` has the arguments of its simulator."""
    def enter(story):
        SOURCES[story.__name__] = dict(story=story, secrets=secrets or {}, conf=conf, keys=keys,
                                       vendor=vendor, webhooks=webhooks, search=search)
        return story
    return enter


class Source:
    """A source of the running demo, and what its story works with."""

    def __init__(self, name, host, *, story, secrets, conf, keys, vendor, webhooks, search):
        self.name, self.host, self.search, self.webhooks = name, host, search, webhooks is not None
        self.expected = {}  # Document id: words that it must hold, or None where it must be gone.
        self.missing = set()
        self.dead = 0
        self.doing = "waits for the host"
        self.done = False
        self.vendor = None
        self.inbox = host.folder / "inbox" / name
        self.inbox.mkdir(parents=True)
        door = f"http://127.0.0.1:{host.ingress}/webhooks/{name}"
        words = {"inbox": self.inbox, "secrets": host.folder / "secrets", "door": door}
        if vendor is not None:
            self.vendor = Simulator(name, **vendor)
            words["api"] = f"http://127.0.0.1:{self.vendor.port}"
            # Every few seconds instead of minutes, so what a poll reads again is one workflow's.
            keys += (f'egress = ["127.0.0.1:{self.vendor.port}"]\npoll_interval = "3s"\n'
                     'fanout = "batch"\n')
        if webhooks is not None:
            self.tell("webhook", {"url": door, "secret": secrets.get(webhooks, "")})
        for secret, value in secrets.items():
            if f"file:$secrets/{secret}" in conf:
                host.write(f"secrets/{secret}", value).chmod(0o600)
            else:
                host.environment[secret] = value
        host.write(f"conf.d/50-{name}.toml", string.Template(
            f"[source]\n{keys}\n[settings]\n{conf}").substitute(words))
        self.story = story(self)
        self.act()

    def act(self):
        """Lets the next act happen; afterwards the source is done where there is none."""
        try:
            self.doing = next(self.story)
        except StopIteration:
            self.done = True

    def tell(self, name, body=None):
        return self.vendor.tell(name, body)

    def expect(self, document, words=""):
        self.expected[f"{self.name}:{document}"] = words
        self.missing.add(f"{self.name}:{document}")

    def gone(self, document):
        self.expect(document, None)

    def is_right(self, document_id):
        """True once a document is as the story wants it."""
        found, words = self.host.document(document_id), self.expected[document_id]
        if words is None or found is None:
            return found is not None and found["deleted"]
        return not found["deleted"] and words in json.dumps(found)

    def look(self, most=80):
        """Asks for what is still missing; true when nothing is."""
        for document_id in sorted(self.missing)[:most]:
            if self.is_right(document_id):
                self.missing.discard(document_id)
        return not self.missing

    def send(self, name, body, *flags):
        """`gantry send` signs and posts a sample as the vendor would."""
        text = body if isinstance(body, str) else json.dumps(body)
        code, output = self.host.command(
            "send", self.name, self.host.write(f"samples/{name}", text), "--json", *flags)
        assert code == 0, f"gantry send {self.name}: {output}"
        return json.loads(output)

    def drop(self, name, text):
        """A partner's file: whole once it has its name."""
        path = self.inbox / (name + ".part")
        path.write_text(text)
        path.rename(self.inbox / name)

    def close(self):
        if self.vendor is not None:
            self.vendor.close()


def iso(seconds=None):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


@source(secrets={"FRONTAPP_WEBHOOK_SECRET": secrets.token_hex(16)},
        conf='signing_key = "env:FRONTAPP_WEBHOOK_SECRET"\n', search="detention gate")
def frontapp(it):
    """Front signs each webhook; a body that is no JSON is the poison."""
    yield "signed webhooks wait for the door"
    message = {"id": "msg_1", "type": "email", "is_inbound": True, "created_at": time.time(),
               "text": "Driver at the gate for LD-88231. Detention starts at 16:00.",
               "recipients": [{"handle": "dee@carrier.example", "name": "Dee", "role": "from"}],
               "attachments": []}
    event = {"type": "inbound_received", "authorization": {"id": "cmp_1"}, "payload": {
        "id": "evt_1", "type": "inbound", "emitted_at": time.time(),
        "conversation": {"id": "cnv_1", "subject": "Late at Joliet", "status": "unassigned",
                         "assignee": None, "tags": []},
        "source": {"_meta": {"type": "inboxes"}, "data": []},
        "target": {"_meta": {"type": "message"}, "data": message}}}
    for delivery in it.send("front.json", event, "--count", "25", "--unique")["deliveries"]:
        it.expect("message:" + delivery.replace("evt_", "msg_"), "Detention")
    yield "25 signed webhooks"
    assert it.send("front.json", event, "--count", "3")["duplicates"] == 2
    it.expect("message:msg_1", "Detention")
    it.send("front.json", event, "--tamper")
    it.send("poison.txt", "this is no JSON")
    it.dead = 1
    yield "one three times, one tampered with, one that is no JSON"


@source(secrets={"STRIPE_WEBHOOK_SECRET": "whsec_" + secrets.token_hex(12)},
        conf='signing_secret = "env:STRIPE_WEBHOOK_SECRET"\n', search="invoice paid")
def stripe(it):
    """Webhooks in no order: the newest state of an object stays."""
    yield "signed webhooks wait for the door"
    now = int(time.time())

    def event(number, kind, thing, age_s):
        it.send(f"{number}.json", {
            "id": f"evt_{number}", "object": "event", "api_version": "2024-06-20", "type": kind,
            "created": now - age_s, "livemode": False, "data": {"object": thing}})
        it.expect(f"stripe_event:evt_{number}")

    invoice = {"id": "in_1045", "object": "invoice", "amount_due": 215000, "currency": "usd"}
    event(2, "invoice.paid", {**invoice, "status": "paid"}, 10)
    event(1, "invoice.created", {**invoice, "status": "open"}, 60)
    it.expect("invoice:in_1045", "USD paid")
    event(3, "customer.created", {"id": "cus_7", "object": "customer", "name": "Acme Foods"}, 50)
    it.expect("customer:cus_7", "Acme Foods")
    yield "an invoice, paid before it was created"
    event(4, "customer.deleted", {"id": "cus_7", "object": "customer", "deleted": True}, 0)
    it.gone("customer:cus_7")
    yield "a customer is deleted"


@source(vendor=dict(shipments=40), webhooks="TURVO_WEBHOOK_SECRET", search="route complete",
        secrets={"TURVO_WEBHOOK_SECRET": secrets.token_hex(16), "TURVO_API_KEY": "sim-api-key",
                 "TURVO_CLIENT": "sim-client-secret", "TURVO_PASSWORD": "sim-password"},
        conf="""base_url = "$api"
api_key = "env:TURVO_API_KEY"
client_id = "publicapi"
client_secret = "file:$secrets/TURVO_CLIENT"
username = "api@broker.example"
password = "file:$secrets/TURVO_PASSWORD"
webhook_secret = "env:TURVO_WEBHOOK_SECRET"
resources = ["shipments", "carriers"]
page_size = 15
overlap = 0
""")
def turvo(it):
    """Lists that move under the reader, and webhooks with a static token."""
    ids = it.tell("state", {})["ids"]
    for shipment in ids:
        it.expect(f"shipment:{shipment}")
    it.expect("carrier:00031", "QL Haul")
    yield "40 shipments, a carrier"
    it.tell("add", {"count": 5})
    for shipment in it.tell("state", {})["ids"][len(ids):]:
        it.expect(f"shipment:{shipment}")
    it.tell("status", {"id": ids[3], "key": "2116", "value": "Route complete", "duplicate": 1})
    it.expect(f"shipment:{ids[3]}", "Route complete")
    it.expect(f"shipment_status:{ids[3]}", "Route complete")
    yield "5 new ones, and a status whose webhook comes twice"


@source(vendor={}, search="OTRI Atlanta rate",
        secrets={"SONAR_PASSWORD": "sim-password"},
        conf="""username = "analyst@broker.example"
password = "file:$secrets/SONAR_PASSWORD"
base_url = "$api"
series = ["OTRI/ATL", "VCRPM1/USA"]
window_days = 7
requests_per_minute = 60
alerts = [{ index = "OTRI", qualifier = "ATL", above = 50, clear = 40, severity = "high" }]
""")
def sonar(it):
    """Market indexes that are restated, an alert over them, and a row that is none."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    days = [(today - datetime.timedelta(days=back)).isoformat() for back in range(7)]
    it.tell("restate", {"series": "VCRPM1/USA", "date": days[2], "value": '"n/a"'})
    it.dead = 1
    for day in days:
        it.expect(f"market_index:OTRI.ATL:{day}")
        if day != days[2]:
            it.expect(f"market_index:VCRPM1.USA:{day}")
    yield "two indexes of seven days, one row without a number"
    it.tell("restate", {"series": "OTRI/ATL", "date": days[0], "value": "55.50"})
    it.expect(f"market_index:OTRI.ATL:{days[0]}", "55.50")
    it.expect(f"market_alert:OTRI.ATL:above:50:{days[0]}", "55.50")
    yield "today's value is restated, and above the alert's threshold"


@source(vendor=dict(items=1), webhooks="", search="diesel Joliet",
        secrets={"PLAID_SECRET": "secret-of-the-team", "PLAID_OPERATING": "access-1"},
        conf="""client_id = "client-1"
secret = "env:PLAID_SECRET"
environment = "sandbox"
base_url = "$api"
page_size = 20
[[settings.items]]
id = "operating"
access_token = "file:$secrets/PLAID_OPERATING"
""")
def plaid(it):
    """A bank that changes while it is paged, and webhooks under keys that must be fetched."""
    def transaction(number, **more):
        return {"transaction_id": f"tx-{number}", "account_id": "acc_1", "amount": 40.5 + number,
                "iso_currency_code": "USD", "date": "2026-01-10", "pending": False,
                "name": f"Diesel Joliet {number}", **more}

    it.tell("add", {"transactions": [transaction(number) for number in range(60)]})
    it.tell("faults", [{"match": "POST /transactions/sync", "skip": 1, "admin": ["mutate", {}]}])
    for number in range(60):
        it.expect(f"bank_transaction:tx-{number}", "Diesel Joliet")
    yield "60 transactions that mutate while they are paged"
    it.tell("fire", {"code": "SYNC_UPDATES_AVAILABLE"})
    it.tell("flush", {})  # Refused: the key is new. The poll that brings what follows fetches it.
    it.tell("modify", {"transactions": [transaction(7, name="Diesel Reno 7")]})
    it.tell("remove", {"transactions": [{"transaction_id": "tx-8", "account_id": "acc_1"}]})
    it.expect("bank_transaction:tx-7", "Diesel Reno")
    it.gone("bank_transaction:tx-8")
    yield "one changed, one removed; a webhook signed with a new key"
    it.vendor.ahead_s = 31  # Plaid tries again after 30 s.
    yield "the webhook again, its key known now"


@source(vendor={}, webhooks="HUBSPOT_WEBHOOK_SECRET", search="Joliet lane",
        secrets={"HUBSPOT_WEBHOOK_SECRET": secrets.token_hex(16),
                 "HUBSPOT_TOKEN": "pat-na1-0123456789abcdef"},
        conf="""access_token = "env:HUBSPOT_TOKEN"
client_secret = "env:HUBSPOT_WEBHOOK_SECRET"
api_url = "$api"
public_url = "$door"
objects = ["contacts", "deals"]
""")
def hubspot(it):
    """A bulk change, a 429 with Retry-After, and a deletion that only a webhook tells."""
    def now_ms():
        return int(time.time() * 1000)

    it.tell("bulk", {"type": "contacts", "first": 1, "count": 120, "modified_ms": now_ms()})
    for number in range(1, 121):
        it.expect(f"contact:{number}")
    yield "120 contacts of one bulk change"
    it.tell("faults", [{"match": "POST /crm/v3/objects/deals/search", "status": 429,
                        "headers": {"Retry-After": "5"}}])
    it.tell("write", {"type": "deals", "id": 9001, "modified_ms": now_ms(),
                      "properties": {"dealname": "Joliet lane", "amount": "2150.00"}})
    it.expect("deal:9001", "Joliet lane")
    yield "a deal behind a 429 with Retry-After: 5"
    it.tell("archive", {"type": "contacts", "id": 7})
    it.tell("emit", {"event": [{
        "eventId": 1, "subscriptionId": 2, "portalId": 3, "occurredAt": now_ms(), "objectId": 7,
        "subscriptionType": "contact.deletion", "attemptNumber": 0}]})
    it.gone("contact:7")
    yield "a contact is deleted, by webhook"


@source(vendor={}, webhooks="QUICKBOOKS_WEBHOOK_SECRET", search="invoice Acme",
        secrets={"QUICKBOOKS_WEBHOOK_SECRET": secrets.token_hex(16),
                 "QUICKBOOKS_CLIENT": "secret-of-the-app", "QUICKBOOKS_REFRESH": "refresh-0"},
        conf="""verifier_token = "env:QUICKBOOKS_WEBHOOK_SECRET"
realm_id = "4620816365"
client_id = "client-1"
client_secret = "env:QUICKBOOKS_CLIENT"
refresh_token = "file:$secrets/QUICKBOOKS_REFRESH"
base_url = "$api"
token_url = "$api/oauth2/v1/tokens/bearer"
""")
def quickbooks(it):
    """Everything by query, then change data capture; tokens that rotate with each use."""
    def put(number, **more):
        it.tell("put", {"entity": "Invoice", "objects": [{
            "Id": str(number), "DocNumber": str(number), "TotalAmt": 2150.00, "Balance": 2150.00,
            "CustomerRef": {"value": "1", "name": "Acme Foods"}, "TxnDate": "2026-01-10", **more}]})

    for number in range(1001, 1031):
        put(number)
        it.expect(f"invoice:{number}", "Acme Foods")
    yield "30 invoices"
    put(1001, Balance=0)
    it.expect("invoice:1001", '"sync_token": "1"')
    it.tell("delete", {"entity": "Invoice", "id": "1002"})
    it.gone("invoice:1002")
    put(1003, PrivateNote="Lumper receipt is missing")
    it.expect("invoice:1003", "Lumper")
    it.tell("notify", {"format": "cloud", "duplicate": 1, "events": [
        {"name": "Invoice", "id": "1003", "operation": "Update"}]})
    yield "one is paid, one deleted, one changed with a webhook that comes twice"


@source(vendor={}, webhooks="SAMSARA_WEBHOOK_SECRET", search="geofence Joliet",
        secrets={"SAMSARA_API_TOKEN": "samsara_api_0123456789",
                 "SAMSARA_WEBHOOK_SECRET": "ZGVtby1zZWNyZXQ="},
        conf="""api_token = "env:SAMSARA_API_TOKEN"
webhook_secret = "env:SAMSARA_WEBHOOK_SECRET"
api_url = "$api"
feeds = ["dvirs"]
""")
def samsara(it):
    """A feed that is taken in batches of 100, and an element in it that is no event."""
    def inspections(first, count):
        for number in range(first, first + count):
            it.tell("event", {"stream": "/dvirs/stream", "data": {
                "id": str(number), "type": "preTrip", "safetyStatus": "safe",
                "startTime": iso(), "updatedAtTime": iso(),
                "vehicle": {"id": str(number % 20), "name": f"T-{number % 20}"}}})
            it.expect(f"dvir:{number}")

    inspections(1, 100)
    yield "100 vehicle inspections in its feed"
    it.tell("event", {"stream": "/dvirs/stream", "data": "out of service"})
    it.dead = 1
    inspections(101, 99)  # A batch is full with 100 elements, or after 30 s.
    it.tell("emit", {"duplicate": 1, "event": {
        "eventId": "e-1", "eventType": "GeofenceEntry", "eventTime": iso(),
        "data": {"address": {"id": "31", "name": "Joliet yard"}, "vehicle": {"id": "7"}}}})
    it.expect("alert:e-1", "Joliet")
    yield "99 more and one that is no event; a geofence webhook that comes twice"


@source(keys='files.directory = "$inbox"\nfiles.patterns = ["*.csv"]\nfiles.ready = "rename"\n',
        search="LD-70007",
        conf="""partner = "acme"
file_kind = "load"
key = ["load_id"]
title = "Load {load_id} to {zip}"
[[settings.columns]]
target = "load_id"
sources = ["Load ID"]
required = true
[[settings.columns]]
target = "zip"
sources = ["ZIP"]
[[settings.columns]]
target = "rate"
sources = ["Rate"]
type = "decimal"
currency = "USD"
""")
def csv(it):
    """A partner's files in a watched directory; a bad row does not hold up the others."""
    def rows(first, count):
        for number in range(first, first + count):
            it.expect(f"load:acme:load:LD-{number}", "Load LD-")
            yield f"LD-{number},07{number % 1000:03},{1000 + number % 500}.50"

    it.drop("monday.csv", "\n".join(["Load ID,ZIP,Rate", *rows(70000, 150), ""]))
    yield "a file of 150 loads"
    it.drop("tuesday.csv", "\n".join(["Load ID,ZIP,Rate", *rows(70150, 50),
                                      "LD-70999,07001,about a thousand",
                                      "LD-70007,07007,1999.00", ""]))
    it.dead = 1
    it.expect("load:acme:load:LD-70007", "1999.00")
    yield "a file of 52: one row is bad, one changes a load of yesterday"


def interchange(kind, group, number, sets):
    """An X12 file of transaction sets, each a text of segments, and the documents' ids."""
    texts = [f"ST*{kind}*{place:04}~{text}SE*{text.count('~') + 2}*{place:04}~"
             for place, text in enumerate(sets, 1)]
    file = (f"ISA*00*          *00*          *ZZ*ACMEFOODS      *02*QLHT           *260114*0915*U*00401*{number:09}"
            f"*0*T*>~GS*{group}*ACMEFOODS*QLHT*20260114*0915*{number}*X*004010~{''.join(texts)}"
            f"GE*{len(texts)}*{number}~IEA*1*{number:09}~")
    return file, [f"{kind}:ACMEFOODS:{number}:{place:04}:{number:09}:"
                  + hashlib.sha256(text.encode()).hexdigest()[:16]
                  for place, text in enumerate(texts, 1)]


@source(keys='files.directory = "$inbox"\nfiles.patterns = ["*.edi"]\nfiles.ready = "rename"\n',
        search="Harbor Grocery tender", conf='ids = ["02:QLHT"]\npartners = ["ZZ:ACMEFOODS"]\n')
def edi(it):
    """Interchanges in a watched directory; each is answered, one holds a set that is refused."""
    def tender(load):
        return (f"B2**QLHT**{load}**PP~B2A*00~S5*1*CL~G62*37*20260116*I*0800*LT~"
                "N1*SH*ACME DC JOLIET*93*J01~N4*JOLIET*IL*60432*US~S5*2*CU~G62*53*20260118*G*0600*LT~"
                "N1*CN*HARBOR GROCERY*93*H22~N4*NEWARK*NJ*07114*US~L3*41250*G***285000~")

    file, ids = interchange("204", "SM", 417, [tender(f"LD-{n}") for n in range(88200, 88240)])
    for document in ids:
        it.expect(f"load_tender:{document}", "HARBOR GROCERY")
    it.drop("tenders.edi", file)
    yield "an interchange of 40 load tenders"
    file, ids = interchange("204", "SM", 418, [tender("LD-88240"), "N1*SH*NOBODY~",
                                               tender("LD-88241")])
    for document in (ids[0], ids[2]):
        it.expect(f"load_tender:{document}", "HARBOR GROCERY")
    it.dead = 1
    it.drop("more.edi", file)
    yield "three more, one without its beginning segment"
    answers = [path.read_text() for path in sorted((it.inbox / "out").glob("*"))]
    accepted, in_part = (sum(f"AK9*{code}*" in answer for answer in answers) for code in "AP")
    assert (accepted, in_part) == (1, 1), f"edi: answers to the partner: {answers}"
    yield "its 997s: one accepted, one in part"
