"""A program whose files say something else in every second run, but not in numbers of one file.

Its arguments are what differs, the number of the run, and a file to write.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

mode, replicate, results = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
odd = {each: replicate % 2 if each == mode else 0 for each in ("text", "names", "file", "ulp")}
names = ["dog", "cat"] if odd["names"] else ["cat", "dog"]
label = "cow" if odd["text"] else "dog"
number = np.nextafter(0.1, 1) if odd["ulp"] else 0.1
lines = [f"id,label,{names[0]},{names[1]}"]
lines += [f"{row},{label if row % 2 else 'cat'},{float(number)!r},0.5" for row in range(4)]
Path("table.csv").write_text("\n".join(lines) + "\n")
for part in ("train", "test"):
    Path(part).mkdir()
    np.save(f"{part}/p.npy", np.ones((4, 2)) * (2 if odd["file"] and part == "train" else 1))
results.write_text(json.dumps({"loss": replicate, "{brace}": 1.0}))
