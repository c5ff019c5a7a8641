"""A run that says which GPUs its process sees, and from when to when."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

VARIABLE = "CUDA_VISIBLE_DEVICES"


def train(config, seeds):
    """Note the variable, that of a program started here, and when this began and ended."""
    began = time.monotonic()
    code = f"import os; print(os.environ.get({VARIABLE!r}))"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    time.sleep(config.task.params.seconds)
    seen = {
        "device": os.environ.get(VARIABLE),
        "inner": asked.stdout.strip(),
        "began": began,
        "ended": time.monotonic(),
    }
    Path(f"seen-{os.getpid()}-{time.monotonic_ns()}").write_text(json.dumps(seen))
    return {"outputs": np.ones((4, 1))}
