"""Base of the vendor simulators: loopback HTTP, a virtual clock, scripted faults, webhooks.

A vendor is a subclass of Vendor that answers requests; serve(vendor) runs it on a free port of
127.0.0.1, prints {"port": N} as its first line and ends when its standard input does, so that it
never outlives the test that started it. Python's standard library only.

Nothing here reads the real clock and nothing is random but `vendor.random`, which is seeded: the
same calls give the same answers. One lock is held over every call of a vendor's functions.

Under /_sim/ the test asks and steers (JSON in and out):
  GET  clock              {"now_s"}
  POST clock              {"advance_s"} or {"now_s"}; webhooks that fall due are sent, then answers
  GET  counts             {"GET /path": calls}, the simulator's own left out
  GET  requests           [{"method","path","query","headers","body","status"}] since the start
  POST faults             [fault]; see Fault; an empty list clears what is left
  POST webhook            {"url","secret"}: where events go and what signs them
  POST emit               {"event", ...}: see WebhookSender.emit
  POST flush              {"reverse": true}: sends what is due, newest first (reordering)
  GET  deliveries         [{"id","attempts","answers","state"}]
  POST <anything else>    vendor.admin(name, body)
"""

import http.client
import http.server
import json
import os
import random
import re
import sys
import threading
import urllib.parse


class Request:
    """One call of a client: method, path, query (last value of each name), headers, body."""

    def __init__(self, method, target, headers, body):
        parts = urllib.parse.urlsplit(target)
        self.method = method
        self.path = parts.path
        self.query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    def json(self):
        """The body as JSON, or None."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def form(self):
        return dict(urllib.parse.parse_qsl(self.body.decode("latin-1"), keep_blank_values=True))

    def bearer(self):
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind.lower() == "bearer" else ""


class Response:
    """An answer. `body` is bytes, text, or what becomes JSON; `hang_up` breaks off in it."""

    def __init__(self, status=200, body=b"", headers=None, hang_up=False):
        self.status = status
        self.headers = dict(headers or {})
        self.hang_up = hang_up
        if isinstance(body, (dict, list)):
            self.headers.setdefault("Content-Type", "application/json")
            body = json.dumps(body, separators=(",", ":"))
        self.body = body.encode() if isinstance(body, str) else body


class Fault:
    """A scripted answer instead of the vendor's own.

    {"match": "GET /items", "skip": 1, "times": 2, "status": 429, "headers": {}, "body": "" or JSON}
    answers so the second and third call whose "METHOD /path" begins with match. "hang_up": true
    breaks off in the answer; "cut": N sends the vendor's own answer without its last N bytes;
    "before": true with hang_up lets the vendor act first and loses only its answer;
    "admin": ["name", {}] calls vendor.admin first: mutation during paging; the vendor then answers
    by itself unless a status, hang_up or cut is given too.
    """

    def __init__(self, script):
        self.match = script.get("match", "")
        self.skip = script.get("skip", 0)
        self.times = script.get("times", 1)
        self.script = script

    def takes(self, request):
        if self.times == 0 or not (request.method + " " + request.path).startswith(self.match):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True

    def answer(self, vendor, request):
        script = self.script
        if "admin" in script:
            vendor.admin(*script["admin"])
        if script.get("hang_up"):
            if script.get("before"):
                vendor.handle(request)
            return Response(hang_up=True)
        if "status" in script:
            return Response(script["status"], script.get("body", b""), script.get("headers"))
        response = vendor.handle(request)
        if "cut" in script:
            response.body = response.body[: -script["cut"]]
        return response


class WebhookSender:
    """Sends events to one receiver and tries again down the vendor's ladder of waits (seconds),
    all on the virtual clock. `sign(body, secret, now_s)` -> headers."""

    def __init__(self, vendor, sign, ladder, accepts=lambda status: 200 <= status < 300):
        self.vendor = vendor
        self.sign = sign
        self.ladder = ladder
        self.accepts = accepts
        self.url = None
        self.secret = ""
        self.queue = []  # Attempts to come: (due_s, order, delivery)
        self.deliveries = []
        self.order = 0

    def emit(self, event):
        """{"event": JSON or "body": text, "id", "drop", "delay_s", "duplicate": extra copies,
        "secret": another than the receiver's, "skew_s": added to the signed time}. Sent by the
        next flush or clock call; a dropped one never."""
        body = event["body"] if "body" in event else json.dumps(
            event["event"], separators=(",", ":"), ensure_ascii=False)
        due = self.vendor.now_s + event.get("delay_s", 0)
        for _ in range(1 + event.get("duplicate", 0)):
            delivery = {"id": event.get("id", ""), "body": body, "script": event, "answers": [],
                        "state": "dropped" if event.get("drop") else "waiting"}
            self.deliveries.append(delivery)
            if not event.get("drop"):
                self._put(due, delivery)

    def due(self, until_s):
        return min((entry[0] for entry in self.queue if entry[0] <= until_s), default=None)

    def flush(self, reverse=False):
        ready = sorted(entry for entry in self.queue if entry[0] <= self.vendor.now_s)
        self.queue = [entry for entry in self.queue if entry[0] > self.vendor.now_s]
        for _, _, delivery in reversed(ready) if reverse else ready:
            self._send(delivery)

    def _put(self, due, delivery):
        self.order += 1
        self.queue.append((due, self.order, delivery))

    def _send(self, delivery):
        script = delivery["script"]
        headers = {"Content-Type": "application/json"}
        headers.update(self.sign(delivery["body"].encode(), script.get("secret", self.secret),
                                 self.vendor.now_s + script.get("skew_s", 0)))
        status = self._post(delivery["body"].encode(), headers)
        delivery["answers"].append(status)
        attempt = len(delivery["answers"]) - 1
        if self.accepts(status):
            delivery["state"] = "delivered"
        elif attempt < len(self.ladder):
            self._put(self.vendor.now_s + self.ladder[attempt], delivery)
        else:
            delivery["state"] = "given up"

    def _post(self, body, headers):
        target = urllib.parse.urlsplit(self.url)
        path = target.path + ("?" + target.query if target.query else "")
        connection = http.client.HTTPConnection(target.hostname, target.port, timeout=10)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


class Vendor:
    """What a simulator implements: handle(), and where it wants admin() and a WebhookSender in
    self.webhooks."""

    def __init__(self, seed=1, now_s=1767225600):
        self.now_s = now_s
        self.random = random.Random(seed)
        self.webhooks = None

    def handle(self, request):
        raise NotImplementedError

    def admin(self, name, body):
        raise KeyError(name)


def rfc3339(seconds):
    """UNIX seconds as 2026-01-01T00:00:00Z; milliseconds where there is a fraction."""
    import datetime
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


class _Desk:
    """Counts, faults and the admin calls around one vendor."""

    def __init__(self, vendor):
        self.vendor = vendor
        self.lock = threading.RLock()
        self.requests = []
        self.faults = []

    def answer(self, request):
        with self.lock:
            if request.path.startswith("/_sim/"):
                try:
                    return Response(200, self._admin(request))
                except Exception as error:  # A wrong script must show in the test, not hang it.
                    return Response(500, {"error": repr(error)})
            fault = next((fault for fault in self.faults if fault.takes(request)), None)
            response = (fault.answer(self.vendor, request) if fault
                        else self.vendor.handle(request))
            self.requests.append({
                "method": request.method, "path": request.path, "query": request.query,
                "headers": request.headers, "body": request.body.decode("utf-8", "replace"),
                "status": 0 if response.hang_up else response.status})
            return response

    def _admin(self, request):
        name = request.path[len("/_sim/"):]
        body = request.json()
        vendor, sender = self.vendor, self.vendor.webhooks
        if name == "clock":
            if request.method == "POST":
                self._move_clock(body["now_s"] if "now_s" in body
                                 else vendor.now_s + body["advance_s"])
            return {"now_s": vendor.now_s}
        if name == "counts":
            counts = {}
            for entry in self.requests:
                key = entry["method"] + " " + entry["path"]
                counts[key] = counts.get(key, 0) + 1
            return counts
        if name == "requests":
            return self.requests
        if name == "faults":
            self.faults = [Fault(script) for script in body]
            return {}
        if name == "webhook":
            sender.url, sender.secret = body["url"], body["secret"]
            return {}
        if name == "emit":
            sender.emit(body)
            return {}
        if name == "flush":
            sender.flush((body or {}).get("reverse", False))
            return {}
        if name == "deliveries":
            return [{"id": one["id"], "attempts": len(one["answers"]), "answers": one["answers"],
                     "state": one["state"]} for one in sender.deliveries]
        return vendor.admin(name, body)

    def _move_clock(self, until_s):
        """Stops at each moment at which a webhook is due, so that retries fall where they would."""
        sender = self.vendor.webhooks
        while sender is not None:
            due = sender.due(until_s)
            if due is None:
                break
            self.vendor.now_s = max(due, self.vendor.now_s)
            sender.flush()
        self.vendor.now_s = until_s


def _handler(desk):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one segment: in two, the client's delayed ACK costs 40 ms an answer.
        wbufsize = -1
        disable_nagle_algorithm = True

        def _run(self):
            size = int(self.headers.get("Content-Length") or 0)
            request = Request(self.command, self.path, self.headers.items(), self.rfile.read(size))
            response = desk.answer(request)
            if response.hang_up:
                self.close_connection = True
                # A head without its body: where a kept connection gives nothing at all, curl sends
                # the request again by itself.
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n")
                return
            self.send_response_only(response.status)
            for name, value in response.headers.items():
                self.send_header(name, str(value))
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _run

        def log_message(self, *_):
            pass

    return Handler


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # A client that went away is no event.
            super().handle_error(request, client_address)


def serve(vendor):
    """Runs until standard input ends."""
    server = _Server(("127.0.0.1", 0), _handler(_Desk(vendor)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    sys.stdin.read()
    os._exit(0)  # Nothing to save, and connections may be open.


def arguments(text):
    """ "seed=7 tokens=3" from the command line as {"seed": 7, "tokens": 3}."""
    pairs = (re.fullmatch(r"(\w+)=(.*)", item).groups() for item in text)
    return {name: int(value) if re.fullmatch(r"-?\d+", value) else value for name, value in pairs}
