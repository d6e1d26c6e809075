"""Samsara (connectors.md section 8): stats feed and history, event streams, cursors, webhooks v1.

Arguments: seed=1, page=3 (vehicles per page). Admin calls beside the base's:
  POST ping    {"asset","time_s","stat","value":{}} a ping that arrives now
  POST event   {"stream":"/dvirs/stream","data":{}} an element of an event stream that arrives now
  POST expire  {} every cursor given so far is answered with 400 from now on
  POST revoke  {} the token is refused
"""

import base64
import hashlib
import hmac
import sys

from simulator import Response, Vendor, WebhookSender, arguments, rfc3339, serve

TOKEN = "samsara_api_0123456789"


def sign(body, secret, now_s):
    stamp = str(int(now_s))
    mac = hmac.new(base64.b64decode(secret), b"v1:" + stamp.encode() + b":" + body, hashlib.sha256)
    return {"X-Samsara-Timestamp": stamp, "X-Samsara-Signature": "v1=" + mac.hexdigest()}


def seconds(text):
    import datetime
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Samsara(Vendor):
    STATS = ("/fleet/vehicles/stats", "/fleet/equipment/stats", "/fleet/trailers/stats")

    def __init__(self, seed=1, page=3):
        super().__init__(seed)
        self.page = page
        self.pings = []  # (asset, time_s, stat, value), in order of arrival.
        self.events = {}  # Stream path -> elements.
        self.generation = 0  # Cursors of an older one have expired.
        self.revoked = False
        self.queries = {}  # Cursor -> the query it was given for.
        # Samsara publishes no retry schedule; this one is the simulator's.
        self.webhooks = WebhookSender(self, sign, [60, 300, 1800])

    def admin(self, name, body):
        if name == "ping":
            self.pings.append((body["asset"], body["time_s"], body["stat"], body["value"]))
        elif name == "event":
            self.events.setdefault(body["stream"], []).append(body["data"])
        elif name == "expire":
            self.generation += 1
        elif name == "revoke":
            self.revoked = True
        else:
            raise KeyError(name)
        return {}

    def handle(self, request):
        if request.bearer() != TOKEN or self.revoked:
            return self.error(401, "Invalid token.")
        if request.method != "GET":
            return self.error(405, "Method not allowed.")
        if request.path == "/me":
            return Response(200, {"data": {"id": "20936", "name": "Roe Freight"}})
        for base in self.STATS:
            if request.path == base + "/feed":
                return self.feed(request)
            if request.path == base + "/history":
                return self.history(request)
        if request.path.endswith("/stream") or request.path.endswith("/audit-logs/feed"):
            return self.stream(request)
        return self.error(404, "Not found.")

    def error(self, status, message):
        return Response(status, {"message": message,
                                 "requestId": "%08x" % self.random.getrandbits(32)})

    def types(self, request):
        types = [one for one in request.query.get("types", "").split(",") if one]
        return types if 1 <= len(types) <= 3 else None

    def position(self, request):
        """The index in the cursor, None for a cursor that is refused."""
        generation, _, index = request.query["after"].partition("-")
        fixed = {name: value for name, value in request.query.items() if name != "after"}
        if generation != "g%d" % self.generation or not index.isdigit():
            return None
        if self.queries.get(request.query["after"], fixed) != fixed:
            return None  # Types and filters are fixed for a cursor's life.
        return int(index)

    def answer(self, request, items, index, more):
        cursor = "g%d-%d" % (self.generation, index)
        self.queries[cursor] = {name: value for name, value in request.query.items()
                                if name != "after"}
        return Response(200, {"data": items,
                              "pagination": {"endCursor": cursor, "hasNextPage": more}})

    @staticmethod
    def item(ping):
        asset, time_s, stat, value = ping
        return {"id": asset, "name": "T-" + asset, stat: [dict({"time": rfc3339(time_s)}, **value)]}

    def feed(self, request):
        types = self.types(request)
        if types is None:
            return self.error(400, "types: 1 to 3 are required.")
        if "after" not in request.query:
            latest = {}
            for ping in self.pings:
                if ping[2] in types:
                    latest[(ping[0], ping[2])] = ping
            return self.answer(request, [self.item(one) for one in latest.values()],
                               len(self.pings), False)
        index = self.position(request)
        if index is None:
            return self.error(400, "Invalid cursor.")
        part = self.pings[index:index + self.page]
        end = index + len(part)
        return self.answer(request, [self.item(one) for one in part if one[2] in types], end,
                           end < len(self.pings))

    def history(self, request):
        types = self.types(request)
        if types is None or "startTime" not in request.query or "endTime" not in request.query:
            return self.error(400, "types, startTime and endTime are required.")
        start, end = seconds(request.query["startTime"]), seconds(request.query["endTime"])
        found = [one for one in self.pings if one[2] in types and start <= one[1] < end]
        index = int(request.query.get("after", "h-0").partition("-")[2])
        part = found[index:index + self.page]
        return Response(200, {"data": [self.item(one) for one in part], "pagination": {
            "endCursor": "h-%d" % (index + len(part)),
            "hasNextPage": index + len(part) < len(found)}})

    def stream(self, request):
        if request.path.endswith("/stream") and "startTime" not in request.query:
            return self.error(400, "startTime is required.")
        if request.path == "/alerts/incidents/stream" and "configurationIds" not in request.query:
            return self.error(400, "configurationIds is required.")
        elements = self.events.get(request.path, [])
        index = 0
        if "after" in request.query:
            index = self.position(request)
            if index is None:
                return self.error(400, "Invalid cursor.")
        part = elements[index:index + 200]
        end = index + len(part)
        return self.answer(request, part, end, end < len(elements))


if __name__ == "__main__":
    serve(Samsara(**arguments(sys.argv[1:])))
