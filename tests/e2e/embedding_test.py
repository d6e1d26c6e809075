"""Search by meaning with the language model of this machine, and the way to it from hashed words."""

import contextlib
import json
import pathlib
import sqlite3
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support/servers")]
from gantry_host import GANTRY, Host, wait_until  # noqa: E402
from postgres import Postgres  # noqa: E402

# No two of them share a word with their question below.
TEXTS = {
    "late.txt": "The truck has not reached its destination on time.",
    "paid.txt": "Your invoice was settled in full.",
    "warm.txt": "The reefer's temperature rises, the cargo thaws.",
}
QUESTIONS = {"vehicle delayed": "late.txt", "bill paid": "paid.txt", "spoiled frozen goods": "warm.txt"}
# More than two pages of the walk, so that a kill comes between two of them.
MORE = {f"dock{number}.txt": f"Dock {number} is free again, gate {number} opens at noon." for number in range(80)}
MINILM, HASHING = "all-MiniLM-L6-v2-int8", "hashing-256/1 (no language model)"


class Embedding(unittest.TestCase):
    def host(self, embedder):
        host = Host(embedder=embedder)
        self.addCleanup(host.close)
        return host

    def ingest(self, host, texts):
        for name, text in texts.items():
            (host.folder / name).write_text(text)
        host.command("ingest", *texts, "--wait", timeout=300)

    def finds_by_meaning(self, host):
        for question, name in QUESTIONS.items():
            hit = json.loads(host.command("search", question, "--json").stdout)["hits"][0]
            self.assertEqual((hit["id"], hit["why"]), (f"upload:file:{name}", ["vector"]), question)

    def models(self, host):
        """How many documents have vectors of which model, as the file says."""
        with contextlib.closing(sqlite3.connect(f"file:{host.folder}/state/stores.db?mode=ro", uri=True)) as file:
            return dict(file.execute("SELECT model, count(*) FROM vectors GROUP BY model"))

    def doctor(self, host):
        rows = json.loads(host.command("doctor", "--json", check=False).stdout)["rows"]
        return next(row for row in rows if row["name"] == "vectors")

    def test_1_minilm_finds_by_meaning_what_shares_no_word(self):
        host = self.host("minilm")
        self.assertIn("none yet", self.doctor(host)["detail"])
        host.start()
        self.ingest(host, TEXTS)
        self.finds_by_meaning(host)

    def test_2_an_index_of_hashed_words_is_embedded_anew_and_a_kill_loses_nothing(self):
        host = self.host("hashing").start()
        self.ingest(host, TEXTS | MORE)
        self.assertEqual(self.models(host), {HASHING: 83})
        self.assertIn("a host runs on", host.command("reembed", check=False).stderr)
        self.assertEqual(host.stop(), 0)

        # As an upgrade finds it: nothing chosen, and the language model is installed.
        (host.folder / "conf.d/30-models.toml").unlink()
        explained = json.loads(host.command("check", "--explain", "--json").stdout)["settings"]
        chosen = next(row for row in explained if row["key"] == "embedding.embedder")
        self.assertEqual((chosen["value"], chosen["takes"]), ("auto", "minilm"))
        refused = host.command("run", check=False)
        self.assertEqual(refused.returncode, 1)
        for words in ("vectors/embedded", HASHING, MINILM, "gantry reembed", 'embedding.embedder = "hashing"'):
            self.assertIn(words, refused.stderr)
        self.assertEqual(self.doctor(host)["state"], "fail")

        # What the refusal offers: the host of before still starts.
        host.choose("hashing")
        host.start()
        host.stop()
        (host.folder / "conf.d/30-models.toml").unlink()

        killed = subprocess.Popen([GANTRY, "reembed", "--config", host.folder / "conf.d"], cwd=host.folder,
                                  env=host.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until("the first page is written", lambda: self.models(host).get(MINILM), 120)
        killed.kill()
        killed.wait()
        half = self.models(host)
        self.assertGreater(half[HASHING], 0)
        self.assertEqual(host.command("run", check=False).returncode, 1)

        done = json.loads(host.command("reembed", "--json", timeout=300).stdout)
        self.assertEqual((done["model"], done["embedded"], done["refused"]), (MINILM, half[HASHING], []))
        self.assertEqual(self.models(host), {MINILM: 83})
        self.assertEqual(json.loads(host.command("reembed", "--json").stdout)["embedded"], 0)
        self.assertEqual(self.doctor(host)["state"], "pass")
        host.start()
        self.finds_by_meaning(host)

    def test_3_an_index_that_was_away_is_looked_at_once_it_is_back(self):
        server = Postgres()
        self.addCleanup(server.close)
        server.sql("CREATE DATABASE freight OWNER locked")
        server.sql("CREATE EXTENSION vector", "freight")
        host = self.host("hashing")
        (host.folder / "conf.d/20-stores.toml").write_text("".join(
            f'[stores.{port}]\nurl = "postgresql://locked@127.0.0.1:{server.port}/freight"\n'
            'password = "env:DB_PASSWORD"\n' for port in ("documents", "vectors")))
        host.environment["DB_PASSWORD"] = "open sesame"
        host.start()
        self.ingest(host, TEXTS)
        host.stop()

        server.kill()
        host.choose("minilm")
        host.start()
        server.start()
        self.assertEqual(host.process.wait(180), 1)
        self.assertIn("vectors/postgres holds vectors of the model", host.log_tail())

        done = json.loads(host.command("reembed", "--json", timeout=300).stdout)
        self.assertEqual((done["store"], done["embedded"]), ("vectors/postgres", 3))
        self.assertEqual(server.sql("SELECT count(*) FROM gantry.vector_documents_before", "freight").strip(), "0")
        host.start()
        self.finds_by_meaning(host)


if __name__ == "__main__":
    unittest.main()
