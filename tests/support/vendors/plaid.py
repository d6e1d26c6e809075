"""Plaid as its documents say (plaid-openapi 2020-09-14.yml, plaid.com/docs).

/transactions/sync gives what changed, net, between a cursor and now, in pages. A change that comes
while a client pages makes the rest of that loop fail with
TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION; 50 calls a minute and item are answered. Webhooks carry
an ES256 token and are tried again for a day unless the answer is 200.

Arguments: items=N (access tokens access-1 ... access-N, ids item-1 ...), per_minute=50.
Admin calls beside the base's:
  add, modify, remove {"item": 1, "transactions": [...]}   remove: {"transaction_id", "account_id"}
  mutate              {"item": 1}: the loop in progress becomes stale, nothing else changes
  state               {"item": 1, "error": CODE or null, "ready": bool, "foreign": bool}
                      foreign: cursors given so far are not associated with the access token
  rotate              {"expire_in_s": N}: a new signing key; the old one gets expired_at
  fire                {"item": 1, "code": ..., "type": "TRANSACTIONS", ...emit's fields, "kid"}
"""

import base64
import hashlib
import json
import sys

from simulator import Response, Vendor, WebhookSender, arguments, serve

LADDER = [30, 120, 480, 1920, 7680, 30720]  # First 30 s, then four times as long, up to a day.

ERRORS = {
    "ITEM_LOGIN_REQUIRED": "ITEM_ERROR", "USER_PERMISSION_REVOKED": "ITEM_ERROR",
    "INSTITUTION_DOWN": "INSTITUTION_ERROR", "INSTITUTION_NOT_RESPONDING": "INSTITUTION_ERROR",
    "INTERNAL_SERVER_ERROR": "API_ERROR", "PRODUCT_NOT_READY": "ITEM_ERROR",
    "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION": "TRANSACTIONS_ERROR",
    "TRANSACTIONS_SYNC_LIMIT": "RATE_LIMIT_EXCEEDED", "INVALID_FIELD": "INVALID_REQUEST",
    "MISSING_FIELDS": "INVALID_REQUEST", "INVALID_API_KEYS": "INVALID_INPUT",
    "INVALID_ACCESS_TOKEN": "INVALID_INPUT", "INVALID_WEBHOOK_VERIFICATION_KEY_ID": "INVALID_INPUT",
}


def error(code, message="", status=400):
    return Response(status, {"display_message": None, "error_code": code, "error_message": message,
                             "error_type": ERRORS.get(code, "API_ERROR"), "request_id": "sim",
                             "suggested_action": None})


class P256:
    """Signing alone, with numbers of Python (FIPS 186-4, curve P-256). For tests only."""

    P = 2**256 - 2**224 + 2**192 + 2**96 - 1
    N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
         0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)

    def __init__(self, random):
        self.random = random
        self.secret = random.randrange(1, self.N)
        self.public = self.times(self.secret, self.G)

    @classmethod
    def add(cls, a, b):
        if a is None or b is None:
            return a or b
        if a[0] == b[0]:
            if (a[1] + b[1]) % cls.P == 0:
                return None
            slope = 3 * (a[0] * a[0] - 1) * pow(2 * a[1], -1, cls.P)
        else:
            slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, cls.P)
        x = (slope * slope - a[0] - b[0]) % cls.P
        return x, (slope * (a[0] - x) - a[1]) % cls.P

    @classmethod
    def times(cls, k, point):
        total = None
        while k:
            if k & 1:
                total = cls.add(total, point)
            point, k = cls.add(point, point), k >> 1
        return total

    def sign(self, message):
        z = int.from_bytes(hashlib.sha256(message).digest(), "big")
        k = self.random.randrange(1, self.N)
        r = self.times(k, self.G)[0] % self.N
        s = pow(k, -1, self.N) * (z + r * self.secret) % self.N
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Item:
    def __init__(self, number):
        self.item_id = "item-%d" % number
        self.log = []        # (op, transaction) since the beginning
        self.generation = 0  # Counts what makes a loop in progress stale.
        self.epoch = 0       # Counts what makes every cursor a stranger.
        self.ready = True
        self.error = None
        self.calls = []

    def net(self, start, end):
        """Changes between two places of the log, each transaction once: op and what it is now."""
        changes = {}
        for op, transaction in self.log[start:end]:
            id = transaction["transaction_id"]
            before = changes.pop(id, None)
            if op == "removed" and before and before[0] == "added":
                continue
            kept = "added" if op == "modified" and before and before[0] == "added" else op
            changes[id] = (kept, transaction)
        return list(changes.values())


class Plaid(Vendor):
    def __init__(self, items=1, per_minute=50, **rest):
        super().__init__(**rest)
        self.items = {"access-%d" % n: Item(n) for n in range(1, items + 1)}
        self.per_minute = per_minute
        self.keys = []
        self.rotate(0)
        self.webhooks = WebhookSender(self, self.sign, LADDER, accepts=lambda status: status == 200)

    # --- What a client calls

    def handle(self, request):
        body = request.json()
        if request.method != "POST" or not isinstance(body, dict):
            return error("INVALID_BODY", "body is no JSON object")
        if (request.headers.get("plaid-client-id"), request.headers.get("plaid-secret")) != (
                "client-1", "secret-of-the-team"):
            return error("INVALID_API_KEYS", "invalid client_id or secret provided")
        if request.path == "/webhook_verification_key/get":
            return self.key(body.get("key_id"))
        item = self.items.get(body.get("access_token"))
        if item is None:
            return error("INVALID_ACCESS_TOKEN", "could not find matching access token")
        if request.path == "/item/get":
            return Response(200, {"item": {
                "item_id": item.item_id, "institution_id": "ins_1", "consent_expiration_time": None,
                "error": {"error_code": item.error} if item.error else None}, "request_id": "sim"})
        if request.path == "/transactions/sync":
            return self.sync(item, body)
        return Response(404, {"error_code": "NOT_FOUND", "error_type": "INVALID_REQUEST"})

    def sync(self, item, body):
        item.calls = [at for at in item.calls if at > self.now_s - 60] + [self.now_s]
        if len(item.calls) > self.per_minute:
            return error("TRANSACTIONS_SYNC_LIMIT", "rate limit exceeded", 429)
        if item.error:
            return error(item.error, "scripted")
        if not item.ready:
            return self.page([], "", False, "NOT_READY")
        count = body.get("count", 100)
        if not isinstance(count, int) or not 1 <= count <= 500:
            return error("INVALID_FIELD", "count must be between 1 and 500")
        start, end, offset, generation = 0, len(item.log), 0, item.generation
        if body.get("cursor"):
            try:
                owner, epoch, *place = json.loads(base64.b64decode(body["cursor"], validate=True))
            except ValueError:
                return error("INVALID_FIELD", "cursor is malformed")
            if (owner, epoch) != (item.item_id, item.epoch):
                return error("INVALID_FIELD", "cursor not associated with access_token")
            if len(place) == 1:
                start = place[0]
            else:
                start, end, offset, generation = place
        if generation != item.generation:
            return error("TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION",
                         "Underlying transaction data changed since last page was fetched. "
                         "Please restart pagination from last update.")
        changes = item.net(start, end)
        more = offset + count < len(changes)
        place = [start, end, offset + count, generation] if more else [end]
        cursor = base64.b64encode(json.dumps([item.item_id, item.epoch, *place]).encode()).decode()
        return self.page(changes[offset:offset + count], cursor, more, "HISTORICAL_UPDATE_COMPLETE")

    @staticmethod
    def page(changes, cursor, more, status):
        def some(op):
            return [transaction for kind, transaction in changes if kind == op]
        return Response(200, {
            "accounts": [{"account_id": "acc_1", "mask": "0417", "name": "Operating",
                          "official_name": None, "type": "depository", "subtype": "checking"}],
            "added": some("added"), "modified": some("modified"), "removed": some("removed"),
            "next_cursor": cursor, "has_more": more, "request_id": "sim",
            "transactions_update_status": status})

    def key(self, kid):
        for key in self.keys:
            if key["jwk"]["kid"] == kid:
                return Response(200, {"key": key["jwk"], "request_id": "sim"})
        return error("INVALID_WEBHOOK_VERIFICATION_KEY_ID", "invalid key_id provided")

    # --- What the test steers

    def admin(self, name, body):
        item = self.items.get("access-%d" % body.get("item", 1))
        if name in ("add", "modify", "remove"):
            op = {"add": "added", "modify": "modified", "remove": "removed"}[name]
            item.log += [(op, transaction) for transaction in body["transactions"]]
            item.generation += 1
        elif name == "mutate":
            item.generation += 1
        elif name == "state":
            item.error = body.get("error", item.error)
            item.ready = body.get("ready", item.ready)
            item.epoch += 1 if body.get("foreign") else 0
        elif name == "rotate":
            self.rotate(body.get("expire_in_s", 0))
        elif name == "fire":
            event = {"webhook_type": body.get("type", "TRANSACTIONS"),
                     "webhook_code": body["code"], "item_id": item.item_id,
                     "environment": "sandbox", **body.get("fields", {})}
            self.webhooks.emit({**body, "body": json.dumps(event, indent=2)})
        else:
            raise KeyError(name)
        return {}

    def rotate(self, expire_in_s):
        if self.keys:
            self.keys[-1]["jwk"]["expired_at"] = self.now_s + expire_in_s
        pair = P256(self.random)
        x, y = (base64url(number.to_bytes(32, "big")) for number in pair.public)
        self.keys.append({"pair": pair, "jwk": {
            "alg": "ES256", "created_at": self.now_s, "crv": "P-256", "expired_at": None,
            "kid": "kid-%d" % (len(self.keys) + 1), "kty": "EC", "use": "sig", "x": x, "y": y}})

    def sign(self, body, secret, now_s):
        """`secret` names another key than the newest: "kid-1", or "stranger" for one of nobody."""
        key = next((key for key in self.keys if key["jwk"]["kid"] == secret), self.keys[-1])
        pair, kid = key["pair"], key["jwk"]["kid"]
        if secret == "stranger":
            pair, kid = P256(self.random), "kid-of-nobody"
        claims = {"iat": now_s, "request_body_sha256": hashlib.sha256(body).hexdigest()}
        token = ".".join(base64url(json.dumps(part).encode()) for part in (
            {"alg": "ES256", "kid": kid, "typ": "JWT"}, claims))
        return {"Plaid-Verification": token + "." + base64url(pair.sign(token.encode()))}


if __name__ == "__main__":
    serve(Plaid(**arguments(sys.argv[1:])))
