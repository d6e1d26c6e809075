"""pyx12_peer.py FILE: reads X12 with pyx12's X12Reader and touches every element.

That is pyx12's tokenizer with its envelope checks and no map; its maps know no freight sets.
"""

import json
import os
import sys
import time

import pyx12.x12file

path = sys.argv[1]
started = time.process_time()
elements = 0
with open(path, encoding="ascii") as file:
    for segment in pyx12.x12file.X12Reader(file):
        elements += 1 + len(segment)
print(json.dumps({"bytes": os.path.getsize(path), "seconds": time.process_time() - started,
                  "items": elements}))
