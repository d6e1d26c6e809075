"""Turvo's public API and its webhooks, as far as they are known (help.turvo.com articles
15698664295699 and 20827183599379; list envelopes as clients have recorded them).

Kept: x-api-key beside the bearer token; the password grant, a full login each time, 12 hours long;
three rejected logins lock the account until /_sim/unlock; {"Status","details"} envelopes; offset
paging over a list that is newest first and moves under the reader; 429 with Retry-After.
Not documented, so assumed: the webhook's static token header and its retry ladder.

Arguments: seed, shipments (rows at the start), per_minute (0: no limit), order (newest | id).

Admin (POST /_sim/<name>):
  touch   {"id"}                 the row changes now
  status  {"id","key","value", …} the row's status changes now; emits the webhook, with emit's fields
  remove  {"ids": […]}           rows vanish
  add     {"count"}              new rows, changed now
  bank    {"id"}                 gives a carrier row a bank account
  revoke  {}                     every token ends
  unlock  {}
  state   {}                     -> {"ids", "locked", "tokens"}
"""

from simulator import Response, Vendor, WebhookSender, arguments, rfc3339, serve

API_KEY, CLIENT_ID, CLIENT_SECRET = "sim-api-key", "publicapi", "sim-client-secret"
USERNAME, PASSWORD = "api@broker.example", "sim-password"
TOKEN_LIFE_S = 12 * 3600
CITIES = ["Joliet, IL", "Newark, NJ", "Laredo, TX", "Reno, NV", "Macon, GA"]
STATUSES = [("2101", "Tendered"), ("2118", "Tender accepted"), ("2116", "Route complete")]


class Turvo(Vendor):
    def __init__(self, seed=1, shipments=0, per_minute=0, order="newest"):
        super().__init__(seed)
        self.order = order
        self.per_minute = per_minute
        self.calls = []
        self.tokens = {}
        self.logins = 0
        self.rejected = 0
        self.lists = {"shipments": [], "orders": [], "locations": [], "accounts": [],
                      "carriers": [], "documents": []}
        for i in range(shipments):
            self.lists["shipments"].append(self._shipment(i, self.now_s - 60 * (shipments - i)))
        self.lists["carriers"].append({"id": "00031", "name": "QL Haul", "lastUpdatedOn":
                                       rfc3339(self.now_s - 86400)})
        self.lists["accounts"].append({"id": 22, "name": "Acme Foods", "lastUpdatedOn":
                                       rfc3339(self.now_s - 86400)})
        self.webhooks = WebhookSender(self, lambda body, secret, now_s: {"X-Signature": secret},
                                      ladder=[60, 300, 900])

    def _shipment(self, number, changed_s):
        key, value = STATUSES[self.random.randrange(3)]
        start, end = self.random.sample(CITIES, 2)
        return {"id": 1000399120 + number, "customId": "LD-%05d" % number,
                "status": {"code": {"key": key, "value": value}},
                "startDate": {"date": rfc3339(changed_s + 3600), "timeZone": "America/Chicago"},
                "endDate": {"date": rfc3339(changed_s + 90000)},
                "lane": {"start": start, "end": end}, "lastUpdatedOn": rfc3339(changed_s),
                "customerOrder": [{"id": 71 + number, "customer": {"id": 22, "name": "Acme Foods"},
                                   "costs": {"totalAmount": "%d.50" % (1000 + number)},
                                   "deleted": False}],
                "carrierOrder": [{"id": 72 + number, "carrier": {"id": 31, "name": "QL Haul"},
                                  "deleted": False}]}

    def handle(self, request):
        if self.per_minute:
            self.calls = [at for at in self.calls if at > self.now_s - 60]
            if len(self.calls) >= self.per_minute:
                wait = self.calls[0] + 60 - self.now_s
                return Response(429, {"error": "Too many requests"}, {"Retry-After": wait})
            self.calls.append(self.now_s)
        if request.headers.get("x-api-key") != API_KEY:
            return Response(403, {"message": "Forbidden"})
        if request.path == "/oauth/token" and request.method == "POST":
            return self._login(request.json() or {})
        if self.tokens.get(request.bearer(), 0) <= self.now_s:
            return Response(401, {"error": "invalid_token"})
        parts = request.path.strip("/").split("/")
        if request.method == "GET" and len(parts) == 2 and parts[0] in self.lists:
            if parts[1] == "list":
                return self._list(parts[0], request.query)
            for row in self.lists[parts[0]]:
                if str(row["id"]) == parts[1]:
                    return Response(200, {"Status": "SUCCESS", "details": row})
        return Response(404, {"Status": "ERROR", "details": {"errorMessage": "not found"}})

    def _login(self, form):
        expected = {"grant_type": "password", "client_id": CLIENT_ID,
                    "client_secret": CLIENT_SECRET, "username": USERNAME, "password": PASSWORD,
                    "scope": "read+trust+write", "type": "business"}
        if self.rejected >= 3 or form != expected:
            self.rejected += 1
            return Response(400, {"error": "invalid_grant",
                                  "error_description": "Bad credentials or locked account"})
        self.logins += 1
        token = "sim-token-%d-%08x" % (self.logins, self.random.getrandbits(32))
        self.tokens[token] = self.now_s + TOKEN_LIFE_S
        return Response(200, {"access_token": token, "token_type": "bearer",
                              "refresh_token": "unused", "expires_in": TOKEN_LIFE_S})

    def _list(self, name, query):
        rows = list(self.lists[name])
        if self.order == "newest":
            rows.sort(key=lambda row: (row.get("lastUpdatedOn", ""), str(row["id"])), reverse=True)
        since = query.get("lastUpdatedOn[gte]")
        if since:
            rows = [row for row in rows if row.get("lastUpdatedOn", "") >= since]
        start, size = int(query.get("start", 0)), int(query.get("pageSize", 24))
        page = rows[start:start + size]
        return Response(200, {"Status": "SUCCESS", "details": {
            "pagination": {"start": start, "pageSize": size,
                           "moreAvailable": start + size < len(rows)}, name: page}})

    def _row(self, row_id):
        for rows in self.lists.values():
            for row in rows:
                if str(row["id"]) == str(row_id):
                    return row
        raise KeyError(row_id)

    def admin(self, name, body):
        shipments = self.lists["shipments"]
        if name == "touch":
            self._row(body["id"])["lastUpdatedOn"] = rfc3339(self.now_s)
        elif name == "status":
            row = self._row(body["id"])
            row["status"] = {"code": {"key": body["key"], "value": body["value"]}}
            row["lastUpdatedOn"] = rfc3339(self.now_s)
            event = {"tenantId": "1203", "eventName": "SHIPMENT_STATUS_UPDATE",
                     "eventTime": rfc3339(self.now_s),
                     "eventPayload": {"id": row["id"], "load": {"id": row["customId"]},
                                      "status": row["status"]}}
            self.webhooks.emit({**body, "event": event, "id": str(row["id"])})
        elif name == "remove":
            ids = {str(one) for one in body["ids"]}
            self.lists["shipments"] = [row for row in shipments if str(row["id"]) not in ids]
        elif name == "add":
            for _ in range(body["count"]):
                shipments.append(self._shipment(len(shipments) + 5000, self.now_s))
        elif name == "bank":
            self._row(body["id"])["bankDetails"] = {"bankName": "First", "accountNumber":
                                                    "000123456789", "routingNumber": "110000000"}
            self._row(body["id"])["lastUpdatedOn"] = rfc3339(self.now_s)
        elif name == "revoke":
            self.tokens.clear()
        elif name == "unlock":
            self.rejected = 0
        elif name == "state":
            return {"ids": [row["id"] for row in shipments], "locked": self.rejected >= 3,
                    "tokens": len(self.tokens)}
        else:
            raise KeyError(name)
        return {}


if __name__ == "__main__":
    import sys
    serve(Turvo(**arguments(sys.argv[1:])))
