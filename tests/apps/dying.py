"""Training code that says which seed it has and then ends in some way, if the seed is in force."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import time
from pathlib import Path

import numpy as np


def train(config, seeds):
    """Note the seeds, and what a generator of them gives; then do what `task.params.end` says."""
    seed = seeds.get("value", seeds.get("init"))
    drawn = np.random.default_rng(seed).random(3).tolist()
    note = Path(f"note-{config.replicate}-{os.getpid()}.json")
    note.write_text(json.dumps({"seeds": seeds, "drawn": drawn, "end": config.task.params.end}))
    END[config.task.params.end]()
    return {"outputs": np.array(drawn)}


def fill_memory():
    """Take memory until it is ended."""
    held = []
    while True:
        held.append(np.ones(2**21))
        time.sleep(0.005)


END = {
    "none": lambda: None,
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segv": lambda: ctypes.string_at(0),
    "exit": lambda: os._exit(3),
    "hang": lambda: time.sleep(600),
    "memory": fill_memory,
}
