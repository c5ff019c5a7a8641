"""A training program, which writes its predictions and metrics where it is started."""

from __future__ import annotations

import argparse
import json
import os

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int)
parser.add_argument("--fail", action="store_true")
arguments = parser.parse_args()
print("training")
if arguments.fail:
    raise SystemExit("no such dataset")
rng = np.random.default_rng(arguments.seed)
np.save("predictions.npy", rng.normal(size=(5, 3)))
with open("metrics.json", "w") as file:
    json.dump({"test": {"accuracy": rng.random()}, "name": "x"}, file)
with open("seen.json", "w") as file:
    json.dump({"cwd": os.getcwd(), "mode": os.environ.get("MODE")}, file)
