"""Search by meaning: the language model of this machine finds a text that shares no word with the question."""

import json
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]
from gantry_host import Host  # noqa: E402

# No two of them share a word with their question below.
TEXTS = {
    "late.txt": "The truck has not reached its destination on time.",
    "paid.txt": "Your invoice was settled in full.",
    "warm.txt": "The reefer's temperature rises, the cargo thaws.",
}
QUESTIONS = {"vehicle delayed": "late.txt", "bill paid": "paid.txt", "spoiled frozen goods": "warm.txt"}


class Embedding(unittest.TestCase):
    def setUp(self):
        self.host = Host()
        self.addCleanup(self.host.close)

    def choose(self, embedder):
        (self.host.folder / "conf.d/30-models.toml").write_text(f'embedding.embedder = "{embedder}"\n')

    def ingest(self, texts):
        for name, text in texts.items():
            (self.host.folder / name).write_text(text)
        self.host.command("ingest", *texts, "--wait")

    def best(self, question):
        return json.loads(self.host.command("search", question, "--json").stdout)["hits"][0]

    def test_1_minilm_finds_by_meaning_what_shares_no_word(self):
        self.choose("minilm")
        self.host.start()
        self.ingest(TEXTS)
        for question, name in QUESTIONS.items():
            hit = self.best(question)
            self.assertEqual((hit["id"], hit["why"]), (f"upload:file:{name}", ["vector"]), question)


if __name__ == "__main__":
    unittest.main()
