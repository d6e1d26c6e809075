"""A stand-in for a Qdrant server on 127.0.0.1: the part of its REST API that Gantry's adapter uses.

Qdrant publishes no package that a test machine can install, so this keeps what its API reference
documents (api.qdrant.tech, 1.16): collections with one unnamed vector, cosine scores of normalised
vectors, point ids that are UUIDs, payload filters (must, must_not, should, nested; match value and
any, range, has_id), conditional upserts by update_filter, set payload and delete by filter, the
universal query, scrolling, exact counts, the error envelope, the api-key header. Without wait=true a write is
acknowledged and applied later. Every write is in a journal before it is answered, so that a server
that is killed comes back with what it had.

    qdrant_stand_in.py PORT FOLDER [--version 1.16.0] [--api-key KEY]

POST /stand-in/fault {"text": T, "times": N, "status": S} makes the next N requests whose path or
body holds T fail with status S after they were applied; S = 0 ends the connection without a word.
With "before": true they are not applied. It is no part of Qdrant.
"""

import argparse
import http.server
import json
import math
import os
import re
import threading
import uuid

VECTOR_MAX = 65536


class Refused(Exception):
    def __init__(self, status, words):
        super().__init__(words)
        self.status = status


def unit(vector):
    length = math.sqrt(sum(x * x for x in vector))
    return [x / length for x in vector] if length > 0 else vector


class Collection:
    def __init__(self, name, body):
        vectors = body.get("vectors", {})
        self.name = name
        self.size, self.distance = vectors.get("size"), vectors.get("distance")
        if not isinstance(self.size, int) or not 0 < self.size <= VECTOR_MAX:
            raise Refused(422, "Validation error in JSON body: vectors.size")
        if self.distance not in ("Cosine", "Dot"):
            raise Refused(400, "Format error in JSON body: unknown distance")
        self.points = {}  # id: (vector, payload)
        self.by_value = {}  # (key, value): ids; every keyword is indexed here
        self.later = []

    def put(self, point):
        try:
            id = str(uuid.UUID(point["id"]))
        except ValueError:
            raise Refused(400, f"Format error: value {point['id']} is not a valid point ID")
        vector = point["vector"]
        if len(vector) != self.size:
            raise Refused(400, f"Wrong input: Vector dimension error: expected dim: {self.size},"
                               f" got {len(vector)}")
        self.remove(id)
        vector = unit(vector) if self.distance == "Cosine" else vector
        self.points[id] = (vector, point.get("payload") or {})
        self.index(id, True)

    def remove(self, id):
        if id in self.points:
            self.index(id, False)
            del self.points[id]

    def index(self, id, add):
        for key, value in self.points[id][1].items():
            if isinstance(value, (str, bool)):
                ids = self.by_value.setdefault((key, value), set())
                ids.add(id) if add else ids.discard(id)

    def condition(self, condition):
        """The ids that match one condition."""
        if any(k in condition for k in ("must", "must_not", "should")):
            return self.filter(condition)
        if "has_id" in condition:
            return {id for id in condition["has_id"] if id in self.points}
        key = condition["key"]
        if "match" in condition:
            match = condition["match"]
            values = [match["value"]] if "value" in match else match["any"]
            return set().union(*(self.by_value.get((key, v), set()) for v in values))
        return set(self.points) - {i for i in self.points if not self.in_range(i, condition)}

    def in_range(self, id, condition):
        value = self.points[id][1].get(condition["key"])
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return False
        compare = {"lt": value.__lt__, "lte": value.__le__, "gt": value.__gt__, "gte": value.__ge__}
        return all(compare[how](bound) for how, bound in condition["range"].items())

    def filter(self, filter):
        if not filter:
            return set(self.points)
        must = list(filter.get("must", []))
        out = None
        for condition in sorted(must, key=lambda c: "range" in c):  # the costly last, on the rest
            if out is not None and "range" in condition:
                out = {id for id in out if self.in_range(id, condition)}
                continue
            ids = self.condition(condition)
            out = ids if out is None else out & ids
        if filter.get("should"):
            ids = set().union(*(self.condition(c) for c in filter["should"]))
            out = ids if out is None else out & ids
        out = set(self.points) if out is None else set(out)
        for condition in filter.get("must_not", []):
            out -= self.condition(condition)
        return out


class Server:
    def __init__(self, folder):
        self.lock = threading.Lock()
        self.collections = {}
        self.faults = []
        self.journal = None
        path = os.path.join(folder, "journal")
        if os.path.exists(path):
            for line in open(path, encoding="utf-8"):
                if line.endswith("\n"):
                    self.apply(*json.loads(line))
        self.journal = open(path, "a", encoding="utf-8")

    def write(self, method, path, query, body):
        out = self.apply(method, path, query, body)
        self.journal.write(json.dumps([method, path, query, body]) + "\n")
        self.journal.flush()
        return out

    def collection(self, name):
        if name not in self.collections:
            raise Refused(404, f"Not found: Collection `{name}` doesn't exist!")
        return self.collections[name]

    def apply(self, method, path, query, body):
        parts = path.strip("/").split("/")
        name = parts[1]
        if len(parts) == 2 and method == "PUT":
            if name in self.collections:
                raise Refused(409, f"Wrong input: Collection `{name}` already exists!")
            self.collections[name] = Collection(name, body)
            return True
        collection = self.collection(name)
        if parts[2] == "index":
            return {"operation_id": 0, "status": "completed"}
        work = (parts[2:], body)
        if query.get("wait") != "true":
            collection.later.append(work)
            return {"operation_id": 0, "status": "acknowledged"}
        for late in collection.later:
            self.change(collection, *late)
        collection.later.clear()
        self.change(collection, *work)
        return {"operation_id": 0, "status": "completed"}

    def change(self, collection, parts, body):
        if parts == ["points"]:
            points = body["points"]
            if "update_filter" in body:
                there = {p["id"] for p in points if p["id"] in collection.points}
                stale = there - collection.filter(body["update_filter"])
                points = [p for p in points if p["id"] not in stale]
            for point in points:
                collection.put(point)
        elif parts == ["points", "delete"]:
            ids = body["points"] if "points" in body else collection.filter(body["filter"])
            for id in list(ids):
                collection.remove(id)
        elif parts == ["points", "payload"]:
            for id in collection.filter(body["filter"]):
                collection.index(id, False)
                collection.points[id][1].update(body["payload"])
                collection.index(id, True)
        else:
            raise Refused(404, "")

    def read(self, method, path, body):
        parts = path.strip("/").split("/")
        if parts == ["collections"]:
            return {"collections": [{"name": name} for name in self.collections]}
        collection = self.collection(parts[1])
        if len(parts) == 2:
            vectors = {"size": collection.size, "distance": collection.distance}
            return {"status": "green", "config": {"params": {"vectors": vectors}}}
        if parts[2:] == ["points"]:
            ids = (id for id in body["ids"] if id in collection.points)
            return [{"id": id, "payload": collection.points[id][1]} for id in ids]
        if parts[2:] == ["points", "scroll"]:
            return self.scroll(collection, body)
        if parts[2:] == ["points", "count"]:
            return {"count": len(collection.filter(body.get("filter")))}
        if parts[2:] == ["points", "query"]:
            return {"points": self.query(collection, body)}
        raise Refused(404, "")

    @staticmethod
    def scroll(collection, body):
        ids = sorted(id for id in collection.filter(body.get("filter"))
                     if id >= (body.get("offset") or ""))
        limit, fields = body.get("limit", 10), body["with_payload"]
        points = [{"id": id, "payload": {f: collection.points[id][1][f] for f in fields}}
                  for id in ids[:limit]]
        return {"points": points, "next_page_offset": ids[limit] if len(ids) > limit else None}

    @staticmethod
    def query(collection, body):
        wanted = body["query"]
        if len(wanted) != collection.size:
            raise Refused(400, f"Wrong input: Vector dimension error: expected dim:"
                               f" {collection.size}, got {len(wanted)}")
        wanted = unit(wanted)
        hits = []
        for id in collection.filter(body.get("filter")):
            vector, payload = collection.points[id]
            hits.append((sum(a * b for a, b in zip(wanted, vector)), id, payload))
        hits.sort(key=lambda hit: -hit[0])
        fields = body.get("with_payload", [])
        return [{"id": id, "version": 1, "score": score, "payload": {f: payload[f] for f in fields}}
                for score, id, payload in hits[:body.get("limit", 10)]]

    def fault(self, path, text):
        for fault in self.faults:
            if fault["times"] > 0 and (fault["text"] in path or fault["text"] in text):
                fault["times"] -= 1
                return fault
        return None


def is_read(method, path):
    return method == "GET" or bool(re.fullmatch(r"/collections/[^/]+/points(/(count|query|scroll))?", path)
                                   and method == "POST")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_state = None
    options = None

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def serve(self):
        text = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        path, _, query = self.path.partition("?")
        query = dict(pair.split("=", 1) for pair in query.split("&") if "=" in pair)
        state = self.server_state
        if path == "/stand-in/fault":
            with state.lock:
                state.faults.append(json.loads(text))
            return self.answer(200, {})
        if self.options.api_key and self.headers.get("api-key") != self.options.api_key:
            return self.answer(401, {"status": {"error": "Must provide an API key"}})
        if path == "/":
            return self.answer(200, {"title": "qdrant - vector search engine",
                                     "version": self.options.version})
        with state.lock:
            fault = state.fault(path, text)
            status, result = 200, None
            if not (fault and fault.get("before")):
                try:
                    body = json.loads(text) if text else None
                    if is_read(self.command, path):
                        result = state.read(self.command, path, body)
                    else:
                        result = state.write(self.command, path, query, body)
                except Refused as refused:
                    status, result = refused.status, str(refused)
                except (KeyError, TypeError, ValueError) as problem:
                    status, result = 400, f"Format error in JSON body: {problem!r}"
        if fault:
            if fault["status"] == 0:
                self.close_connection = True
                return self.connection.close()
            status, result = fault["status"], "Service internal error: asked for by the test"
        if status != 200:
            return self.answer(status, {"status": {"error": result}, "time": 0.0})
        return self.answer(200, {"result": result, "status": "ok", "time": 0.0})

    do_GET = do_PUT = do_POST = do_DELETE = serve


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("folder")
    parser.add_argument("--version", default="1.16.0")
    parser.add_argument("--api-key", default="")
    Handler.options = parser.parse_args()
    Handler.server_state = Server(Handler.options.folder)
    http.server.ThreadingHTTPServer.request_queue_size = 64
    http.server.ThreadingHTTPServer(("127.0.0.1", Handler.options.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
