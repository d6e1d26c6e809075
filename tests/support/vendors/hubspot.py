"""HubSpot CRM (connectors.md section 6): search, batch read, archived list, OAuth, webhooks.

Arguments: seed=1, lag=0 (seconds by which search lags a write), expires=1800.
The private app's token and the OAuth pair are the constants below. Search keeps HubSpot's limits:
200 a page, 10,000 results a query, 5 searches in one second of the virtual clock, one sort.

Admin calls beside the base's:
  POST write    {"type","id","properties":{},"modified_ms"} creates or changes
  POST bulk     {"type","first","count","modified_ms"} many with one modification time
  POST archive  {"type","id"}
  POST revoke   {} every access token given so far is refused
  POST sign     {"version":"v3|v2|v1"} how webhooks are signed from now on; v3 at first
"""

import base64
import hashlib
import hmac
import sys

from simulator import Response, Vendor, WebhookSender, arguments, rfc3339, serve

PRIVATE_TOKEN = "pat-na1-0123456789abcdef"
CLIENT_ID, CLIENT_SECRET = "c-1", "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
REFRESH_TOKEN = "refresh-0123456789"


class Hubspot(Vendor):
    def __init__(self, seed=1, lag=0, expires=1800):
        super().__init__(seed)
        self.lag = lag
        self.expires = expires
        self.objects = {}  # (type, id) -> {"properties", "modified_ms", "written_s", "archived_s"}
        self.tokens = {}  # Access token -> end of life.
        self.searches = []  # Times of the last ones.
        self.version = "v3"
        # Ten retries over 24 hours; HubSpot does not publish the steps.
        self.webhooks = WebhookSender(self, self.sign, [60, 300, 900, 1800, 3600, 7200, 10800,
                                                        14400, 18000, 21600])

    def sign(self, body, secret, now_s):
        if self.version == "v1":
            digest = hashlib.sha256(secret.encode() + body).hexdigest()
            return {"X-HubSpot-Signature-Version": "v1", "X-HubSpot-Signature": digest}
        text = b"POST" + self.webhooks.url.encode() + body
        if self.version == "v2":
            digest = hashlib.sha256(secret.encode() + text).hexdigest()
            return {"X-HubSpot-Signature-Version": "v2", "X-HubSpot-Signature": digest}
        stamp = str(int(now_s * 1000))
        mac = hmac.new(secret.encode(), text + stamp.encode(), hashlib.sha256).digest()
        return {"X-HubSpot-Request-Timestamp": stamp,
                "X-HubSpot-Signature-v3": base64.b64encode(mac).decode()}

    def admin(self, name, body):
        if name == "write":
            self.write(body["type"], str(body["id"]), body.get("properties", {}),
                       body["modified_ms"])
        elif name == "bulk":
            for number in range(body["first"], body["first"] + body["count"]):
                self.write(body["type"], str(number), {}, body["modified_ms"])
        elif name == "archive":
            self.objects[(body["type"], str(body["id"]))]["archived_s"] = self.now_s
        elif name == "revoke":
            self.tokens.clear()
        elif name == "sign":
            self.version = body["version"]
        else:
            raise KeyError(name)
        return {}

    def write(self, kind, identity, properties, modified_ms):
        known = self.objects.setdefault((kind, identity), {"properties": {}, "archived_s": None})
        known["properties"].update(properties)
        known["modified_ms"] = modified_ms
        known["written_s"] = self.now_s

    def handle(self, request):
        if request.method == "POST" and request.path in ("/oauth/v1/token", "/oauth/2026-03/token"):
            return self.grant(request)
        token = request.bearer()
        if token != PRIVATE_TOKEN and self.tokens.get(token, 0) <= self.now_s:
            return self.error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        parts = request.path.strip("/").split("/")
        if parts[:3] != ["crm", "v3", "objects"] or len(parts) < 4:
            return self.error(404, "OBJECT_NOT_FOUND", "No such path.")
        if request.method == "GET" and len(parts) == 4:
            return self.listing(parts[3], request)
        if request.method == "POST" and parts[4:] == ["search"]:
            return self.search(parts[3], request)
        if request.method == "POST" and parts[4:] == ["batch", "read"]:
            return self.batch(parts[3], request)
        return self.error(405, "METHOD_NOT_ALLOWED", "Not here.")

    def error(self, status, category, message, headers=None):
        return Response(status, {"status": "error", "message": message, "category": category,
                                 "correlationId": "%032x" % self.random.getrandbits(128)}, headers)

    def grant(self, request):
        form = request.form()
        good = (form.get("grant_type") == "refresh_token" and form.get("client_id") == CLIENT_ID and
                form.get("client_secret") == CLIENT_SECRET and
                form.get("refresh_token") == REFRESH_TOKEN)
        if not good:
            return Response(400, {"status": "BAD_REFRESH_TOKEN",
                                  "message": "missing or invalid refresh token"})
        token = "access-%016x" % self.random.getrandbits(64)
        self.tokens[token] = self.now_s + self.expires
        return Response(200, {"access_token": token, "expires_in": self.expires,
                              "refresh_token": REFRESH_TOKEN, "token_type": "bearer"})

    def modified_name(self, kind):
        return "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"

    def shown(self, kind, identity, known, properties):
        modified = rfc3339(known["modified_ms"] / 1000)
        all_properties = dict(known["properties"], hs_object_id=identity)
        all_properties[self.modified_name(kind)] = modified
        out = {"id": identity,
               "properties": {name: all_properties.get(name) for name in properties} or
               all_properties,
               "createdAt": "2025-01-01T00:00:00Z", "updatedAt": modified,
               "archived": known["archived_s"] is not None}
        if known["archived_s"] is not None:
            out["archivedAt"] = rfc3339(known["archived_s"])
        return out

    def search(self, kind, request):
        self.searches = [one for one in self.searches if one > self.now_s - 1] + [self.now_s]
        if len(self.searches) > 5:
            return self.error(429, "RATE_LIMITS", "You have reached your secondly limit.",
                              {"Retry-After": "1"})
        query = request.json()
        limit, after = query.get("limit", 10), int(query.get("after", 0))
        filters = query["filterGroups"][0]["filters"]
        if limit > 200 or len(query["filterGroups"]) > 6 or len(query.get("sorts", [])) > 1:
            return self.error(400, "VALIDATION_ERROR", "A limit was exceeded.")
        if after + limit > 10000:
            return self.error(400, "VALIDATION_ERROR", "paging beyond 10000 is not supported")

        def value(identity, known, name):
            return int(identity) if name == "hs_object_id" else known["modified_ms"]

        tests = {"GTE": lambda a, b: a >= b, "GT": lambda a, b: a > b, "EQ": lambda a, b: a == b}
        found = [(identity, known) for (its_kind, identity), known in self.objects.items()
                 if its_kind == kind and known["archived_s"] is None and
                 known["written_s"] + self.lag <= self.now_s and
                 all(tests[one["operator"]](value(identity, known, one["propertyName"]),
                                            int(one["value"])) for one in filters)]
        # Only the sort decides; what is equal comes in no order that anybody may rely on.
        self.random.shuffle(found)
        name = query["sorts"][0]["propertyName"]
        found.sort(key=lambda pair: value(pair[0], pair[1], name))
        part = found[after:after + limit]
        answer = {"total": len(found), "results": [
            self.shown(kind, identity, known, query.get("properties", []))
            for identity, known in part]}
        if after + limit < len(found):
            answer["paging"] = {"next": {"after": str(after + limit)}}
        return Response(200, answer)

    def batch(self, kind, request):
        query = request.json()
        results = []
        for one in query["inputs"][:100]:
            known = self.objects.get((kind, str(one["id"])))
            if known is not None and known["archived_s"] is None:
                results.append(self.shown(kind, str(one["id"]), known, query.get("properties", [])))
        whole = len(results) == len(query["inputs"])
        return Response(200 if whole else 207, {"status": "COMPLETE", "results": results})

    def listing(self, kind, request):
        archived = request.query.get("archived") == "true"
        limit = int(request.query.get("limit", 10))
        if limit > 100:
            return self.error(400, "VALIDATION_ERROR", "limit is at most 100")
        after = int(request.query.get("after", 0))
        ids = sorted(int(identity) for (its_kind, identity), known in self.objects.items()
                     if its_kind == kind and (known["archived_s"] is not None) == archived and
                     int(identity) > after)
        properties = [one for one in request.query.get("properties", "").split(",") if one]
        answer = {"results": [self.shown(kind, str(one), self.objects[(kind, str(one))], properties)
                              for one in ids[:limit]]}
        if len(ids) > limit:
            answer["paging"] = {"next": {"after": str(ids[limit - 1])}}
        return Response(200, answer)


if __name__ == "__main__":
    serve(Hubspot(**arguments(sys.argv[1:])))
