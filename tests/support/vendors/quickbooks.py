"""QuickBooks Online as its documents say: OAuth tokens that rotate, /cdc with 1,000 objects for all
entities together, /query in pages, objects by id, webhooks in two formats.

A refresh gives a new refresh token and kills the one used. Access tokens live an hour. 500 calls a
minute and company are answered. Webhooks of a company queue behind one that fails (head of line) and
are tried again after 10 s, 20 s, 30 s, 5 m, 20 m, 2 h, 4 h, 6 h and then every 6 h.

Arguments: cdc_max=1000, per_minute=500, realm=4620816365.
Admin calls beside the base's:
  put     {"entity": "Invoice", "objects": [{...}]}   SyncToken and LastUpdatedTime are set
  many    {"entity", "count", "first": 1, "at_s": seconds}: objects with Id first...
  delete  {"entity", "id", "really": true}   really false: /cdc names a deletion that never was
  revoke  {}: the grant is dead
  budget  {"spent": true}: even the token endpoint answers 429
  plain   {"zoneless": bool, "xml": bool, "fault": {...} or null}: oddities of answers
  notify  {"format": "legacy" or "cloud", "events": [{"name","id","operation"}], ...emit's fields}
"""

import base64
import hashlib
import hmac
import json
import re
import sys

from simulator import Response, Vendor, WebhookSender, arguments, rfc3339, serve

LADDER = [10, 20, 30, 300, 1200, 7200, 14400, 21600, 21600, 21600]
PAST = {"Create": "created", "Update": "updated", "Delete": "deleted", "Merge": "merged",
        "Void": "voided", "Emailed": "emailed"}


def fault(code, message, status=400, kind="ValidationFault"):
    return Response(status, {"Fault": {"Error": [{"Message": message, "Detail": message,
                                                  "code": str(code)}], "type": kind}})


class QueueingSender(WebhookSender):
    """Later events wait until the one in front was taken."""

    blocked_by = None

    def _send(self, delivery):
        if self.blocked_by not in (None, id(delivery)):
            delivery["state"] = "queued"
            self._put(self.vendor.now_s + 10, delivery)
            return
        super()._send(delivery)
        self.blocked_by = id(delivery) if delivery["state"] == "waiting" else None


class QuickBooks(Vendor):
    def __init__(self, cdc_max=1000, per_minute=500, realm=4620816365, **rest):
        super().__init__(**rest)
        self.cdc_max, self.per_minute, self.realm = cdc_max, per_minute, str(realm)
        self.objects = {}   # (entity, id): object
        self.deleted = {}   # (entity, id): {"at_s", "really"}
        self.refresh_token, self.access, self.minted = "refresh-0", {}, 0
        self.spent = self.zoneless = self.xml = False
        self.fault = None
        self.calls = []
        self.webhooks = QueueingSender(self, self.sign, LADDER, accepts=lambda code: code == 200)

    # --- What a client calls

    def handle(self, request):
        if request.path == "/oauth2/v1/tokens/bearer":
            return self.token(request)
        found = re.fullmatch(r"/v3/company/(\d+)/(\w+)(?:/([^/]+))?", request.path)
        if not found:
            return Response(404)
        if self.access.get(request.bearer(), 0) <= self.now_s:
            return Response(401, '<?xml version="1.0"?><IntuitResponse><Fault type="AUTHENTICATION">'
                                 '<Error code="3200"/></Fault></IntuitResponse>')
        self.calls = [at for at in self.calls if at > self.now_s - 60] + [self.now_s]
        if len(self.calls) > self.per_minute:
            return fault("003001", "ThrottleExceeded", 429, "THROTTLED")
        realm, what, id = found.groups()
        if realm != self.realm:
            return fault("003100", "ApplicationAuthorizationFailed", 403, "AUTHORIZATION")
        if self.fault:
            return Response(self.fault.get("status", 400), self.fault["body"])
        if self.xml:
            return Response(200, '<?xml version="1.0"?><IntuitResponse time="2026"/>')
        if what == "cdc":
            return self.cdc(request.query)
        if what == "query":
            return self.query(request.query.get("query", ""))
        if what == "companyinfo":
            return Response(200, {"CompanyInfo": {"CompanyName": "Haul LLC", "Id": "1"},
                                  "time": self.time()})
        return self.object(what, id)

    def token(self, request):
        if self.spent:
            return Response(429)
        basic = "Basic " + base64.b64encode(b"client-1:secret-of-the-app").decode()
        if request.headers.get("authorization") != basic:
            return Response(401, {"error": "invalid_client"})
        form = request.form()
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != self.refresh_token:
            return Response(400, {"error": "invalid_grant", "error_description": "Token invalid"})
        self.minted += 1
        self.refresh_token = "refresh-%d" % self.minted
        access = "access-%d" % self.minted
        self.access[access] = self.now_s + 3600
        return Response(200, {"token_type": "bearer", "access_token": access, "expires_in": 3600,
                              "refresh_token": self.refresh_token,
                              "x_refresh_token_expires_in": 8726400})

    def time(self, at_s=None):
        """Intuit writes Pacific time."""
        text = rfc3339((self.now_s if at_s is None else at_s) - 8 * 3600)
        return text[:-1] if self.zoneless else text[:-1] + "-08:00"

    @staticmethod
    def seconds(text):
        import datetime
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()

    def cdc(self, query):
        since = query.get("changedSince", "")
        if " " in since:
            return fault(2020, "changedSince: a blank where a plus was meant")
        since = self.seconds(since)
        if since < self.now_s - 30 * 86400:
            return fault(2010, "changedSince is more than 30 days ago")
        changed = []
        for entity in query.get("entities", "").split(","):
            changed += [(entity, one["at_s"], one["object"])
                        for (name, _), one in self.objects.items()
                        if name == entity and one["at_s"] >= since]
            changed += [(entity, one["at_s"],
                         {"domain": "QBO", "status": "Deleted", "Id": id,
                          "MetaData": {"LastUpdatedTime": self.time(one["at_s"])}})
                        for (name, id), one in self.deleted.items()
                        if name == entity and one["at_s"] >= since]
        changed = sorted(changed, key=lambda one: -one[1])[: self.cdc_max]
        responses = []
        for entity in query.get("entities", "").split(","):
            objects = [one for name, _, one in changed if name == entity]
            responses.append({entity: objects, "startPosition": 1, "maxResults": len(objects),
                              "totalCount": len(objects)} if objects else {})
        return Response(200, {"CDCResponse": [{"QueryResponse": responses}], "time": self.time()})

    def query(self, statement):
        found = re.fullmatch(
            r"SELECT \* FROM (\w+)(?: WHERE (.*?))? ORDER BY MetaData\.LastUpdatedTime ASC "
            r"STARTPOSITION (\d+) MAXRESULTS (\d+)", statement)
        if not found:
            return fault(4000, "Error parsing query")
        entity, where, start, size = found.groups()
        where = where or ""
        since = re.search(r"MetaData\.LastUpdatedTime >= '([^']*)'", where)
        since = self.seconds(since.group(1)) if since else 0
        every = "Active IN (true,false)" in where
        rows = sorted((one for (name, _), one in self.objects.items() if name == entity
                       and one["at_s"] >= since and (every or one["object"].get("Active", True))),
                      key=lambda one: one["at_s"])
        rows = [one["object"] for one in rows][int(start) - 1:int(start) - 1 + min(int(size), 1000)]
        response = {entity: rows, "startPosition": int(start), "maxResults": len(rows)} if rows else {}
        return Response(200, {"QueryResponse": response, "time": self.time()})

    def object(self, path, id):
        for (entity, known), one in self.objects.items():
            if entity.lower() == path and known == id:
                return Response(200, {entity: one["object"], "time": self.time()})
        return fault(610, "Object Not Found")

    # --- What the test steers

    def admin(self, name, body):
        if name == "put":
            for given in body["objects"]:
                self.put(body["entity"], given, self.now_s)
        elif name == "many":
            for number in range(body.get("first", 1), body.get("first", 1) + body["count"]):
                self.put(body["entity"], {"Id": str(number), "DocNumber": str(number)},
                         body.get("at_s", self.now_s))
        elif name == "delete":
            key = body["entity"], body["id"]
            self.deleted[key] = {"at_s": self.now_s}
            if body.get("really", True):
                self.objects.pop(key, None)
        elif name == "revoke":
            self.refresh_token = None
            self.access = {}
        elif name == "budget":
            self.spent = body["spent"]
        elif name == "plain":
            self.zoneless = body.get("zoneless", self.zoneless)
            self.xml = body.get("xml", self.xml)
            self.fault = body.get("fault")
        elif name == "notify":
            self.notify(body)
        else:
            raise KeyError(name)
        return {}

    def put(self, entity, given, at_s):
        before = self.objects.get((entity, given["Id"]), {"object": {"SyncToken": "-1"}})
        given = {**given, "SyncToken": str(int(before["object"]["SyncToken"]) + 1),
                 "MetaData": {"LastUpdatedTime": self.time(at_s)}}
        self.objects[(entity, given["Id"])] = {"at_s": at_s, "object": given}

    def notify(self, body):
        at = rfc3339(self.now_s)
        if body.get("format") == "cloud":
            event = [{"specversion": "1.0", "id": "ce-%d-%d" % (len(self.webhooks.deliveries), n),
                      "source": "intuit", "datacontenttype": "application/json", "time": at,
                      "type": "qbo.%s.%s.v1" % (one["name"].lower(), PAST[one["operation"]]),
                      "intuitentityid": one["id"], "intuitaccountid": self.realm, "data": {}}
                     for n, one in enumerate(body["events"])]
        else:
            event = {"eventNotifications": [{"realmId": self.realm, "dataChangeEvent": {
                "entities": [{**one, "lastUpdated": at} for one in body["events"]]}}]}
        self.webhooks.emit({**body, "event": event})

    def sign(self, body, secret, now_s):
        mac = hmac.new(secret.encode(), body, hashlib.sha256).digest()
        return {"intuit-signature": base64.b64encode(mac).decode()}


if __name__ == "__main__":
    serve(QuickBooks(**arguments(sys.argv[1:])))
