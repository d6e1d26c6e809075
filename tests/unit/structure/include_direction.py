"""Holds the dependency rule: a room includes only rooms below it (docs/architecture.md).

Reads every #include of host/, plugins/ and plugin-api/; prints each edge that points up.
"""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]((?:host|plugins|plugin-api|gantry)/[^>"]+)[>"]', re.M)

LOW = {"base"}
FOUNDATION = LOW | {"plugin-api"}
# Row by row, bottom to top: what each room may see beside itself.
ALLOWED = {
    "base": set(),
    "contracts": LOW,
    "pipeline": LOW,
    "rollout": LOW,
    "config": LOW,
    "observe": LOW,
    "temporal": LOW | {"observe"},
}
VALUES = set(ALLOWED)
ALLOWED |= {room: VALUES - {"temporal"} | FOUNDATION for room in ("net", "stores", "plugins")}
ALLOWED["plugins"] |= {"net"}
ALLOWED["stores"] |= {"net"}
ALLOWED["models"] = LOW | {"config", "net", "pipeline"}
EFFECTS = VALUES | {"net", "stores", "plugins"} | FOUNDATION
ALLOWED |= {room: EFFECTS for room in ("activities", "ingress")}
ALLOWED["direct"] = EFFECTS | {"activities", "ingress"}
ALLOWED["workflows"] = LOW | {"contracts", "rollout", "temporal/workflow", "temporal/converter"}
FRONT = EFFECTS | {"ingress", "activities", "direct", "workflows", "models"}
ALLOWED["console"] = FRONT
ALLOWED["cli"] = FRONT | {"console"}
ALLOWED["app"] = FRONT | {"console", "cli"}


def room_of(path: str) -> str:
    parts = path.split("/")
    if parts[0] == "gantry":
        return "plugin-api"
    return parts[1] if parts[0] in ("host", "plugins") and len(parts) > 1 else parts[0]


def allowed(source: pathlib.Path, target: str) -> bool:
    parts = source.relative_to(ROOT).parts
    if parts[0] == "plugin-api":
        return target.startswith("gantry/")
    if parts[0] == "plugins":
        return target.startswith(("gantry/", f"plugins/{parts[1]}/"))
    room, other = parts[1], room_of(target)
    if room == other:
        return True
    rules = ALLOWED[room]
    return other in rules or any("/" in r and target.startswith(f"host/{r}/") for r in rules)


def edges():
    for top in ("host", "plugins", "plugin-api"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in (".h", ".hpp", ".c", ".cpp") and "template" not in path.parts:
                for target in INCLUDE.findall(path.read_text()):
                    yield path, target


class IncludeDirection(unittest.TestCase):
    def test_every_room_includes_only_rooms_below_it(self):
        wrong = [f"{p.relative_to(ROOT)} includes {t}" for p, t in edges() if not allowed(p, t)]
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))

    def test_the_rule_sees_edges_and_refuses_an_upward_one(self):
        self.assertGreater(sum(1 for _ in edges()), 20)
        self.assertFalse(allowed(ROOT / "host/base/x.hpp", "host/config/config.hpp"))
        self.assertFalse(allowed(ROOT / "host/workflows/x.cpp", "host/temporal/client/client.hpp"))
        self.assertFalse(allowed(ROOT / "plugins/frontapp/x.cpp", "host/base/json.hpp"))
        self.assertTrue(allowed(ROOT / "host/app/wire.cpp", "host/ingress/inbox.hpp"))


if __name__ == "__main__":
    sys.exit(unittest.main())
