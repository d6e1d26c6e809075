"""FreightWaves SONAR (api.freightwaves.com/Help, and what public clients have recorded).

Kept: the login and its year-long tokens, old ones staying valid; billable /data with a window, free
/Lookup; the three shapes of an answer; 100 calls in a minute, then 429, and who goes on for 20 more is
answered 451 for ten minutes; restated values.
Assumed, because it is not documented: which index has which shape (see `shape`).

Arguments: seed.

Admin (POST /_sim/<name>):
  restate {"series": "OTRI/ATL", "date", "value"}   value: a number's digits, or null for none
  shape   {"series", "shape": "data_" | "plain" | "wrapped"}
  unknown {"series"}                                answered 404 from now on
  revoke  {}                                        every token ends
  state   {}                                        -> {"tokens", "billed", "blocked"}
"""

import datetime
import sys

from simulator import Response, Vendor, arguments, serve

USERNAME, PASSWORD = "analyst@broker.example", "sim-password"
TOKEN_LIFE_S = 365 * 86400
CALLS_A_MINUTE, CALLS_BEFORE_BLOCK, BLOCK_S = 100, 20, 600


class Sonar(Vendor):
    def __init__(self, seed=1):
        super().__init__(seed)
        self.seed = seed
        self.tokens = {}
        self.calls = []
        self.too_many = 0
        self.blocked_until_s = 0
        self.billed = 0
        self.restated = {}
        self.shapes = {}
        self.missing = set()

    def handle(self, request):
        refusal = self._limit()
        if refusal:
            return refusal
        if request.path == "/Credential/authenticate" and request.method == "POST":
            if request.json() != {"username": USERNAME, "password": PASSWORD}:
                return Response(401, {"message": "Unauthorized"})
            token = "sim-sonar-%d" % (len(self.tokens) + 1)
            self.tokens[token] = self.now_s + TOKEN_LIFE_S
            return Response(200, {"token": token})
        if self.tokens.get(request.bearer(), 0) <= self.now_s:
            return Response(401, {"message": "Unauthorized"})
        parts = request.path.strip("/").split("/")
        if parts[0] == "Lookup":
            return Response(200, [{"index": "OTRI"}, {"index": "VCRPM1"}])
        if parts[0] == "data" and len(parts) in (4, 5):
            return self._data(parts[1] + "/" + parts[2], parts[3], parts[-1])
        return Response(404, {"message": "Not Found"})

    def _limit(self):
        if self.now_s < self.blocked_until_s:
            return Response(451, "Unavailable For Legal Reasons")
        self.calls = [at for at in self.calls if at > self.now_s - 60]
        if len(self.calls) < CALLS_A_MINUTE:
            self.calls.append(self.now_s)
            self.too_many = 0
            return None
        self.too_many += 1
        if self.too_many <= CALLS_BEFORE_BLOCK:
            return Response(429, "Too Many Requests")
        self.blocked_until_s = self.now_s + BLOCK_S
        return Response(451, "Unavailable For Legal Reasons")

    def _data(self, series, first, last):
        self.billed += 1
        if series in self.missing:
            return Response(404, {"message": "no such index"})
        rows = []
        day = datetime.date.fromisoformat(first)
        while day <= datetime.date.fromisoformat(last):
            value = self._value(series, day)
            if value is not None:
                rows.append((day.isoformat(), value))
            day += datetime.timedelta(days=1)
        rows.reverse()  # Newest first: the reader must sort.
        shape = self.shapes.get(series, "data_")
        names = ("data_Timestamp", "data_Value") if shape == "data_" else ("date", "value")
        time = "%sT00:00:00" if shape == "data_" else "%s"
        text = "[%s]" % ",".join('{"%s":"%s","%s":%s}' % (names[0], time % day, names[1], value)
                                 for day, value in rows)
        if shape == "wrapped":
            text = '{"data":%s}' % text
        return Response(200, text, {"Content-Type": "application/json"})

    def _value(self, series, day):
        """Digits: the same for one seed, series and day."""
        known = self.restated.get((series, day.isoformat()))
        if known is not None:
            return known[0]
        mixed = sum(map(ord, series)) * 31 + day.toordinal() * 7 + self.seed
        return "%d.%02d" % (5 + mixed % 7, mixed % 100)

    def admin(self, name, body):
        if name == "restate":
            self.restated[(body["series"], body["date"])] = (body["value"],)
        elif name == "shape":
            self.shapes[body["series"]] = body["shape"]
        elif name == "unknown":
            self.missing.add(body["series"])
        elif name == "revoke":
            self.tokens.clear()
        elif name == "state":
            return {"tokens": len(self.tokens), "billed": self.billed,
                    "blocked": self.now_s < self.blocked_until_s}
        else:
            raise KeyError(name)
        return {}


if __name__ == "__main__":
    serve(Sonar(**arguments(sys.argv[1:])))
