"""What watching a script costs: the same scripts executed with and without it, in turn."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
from importlib.util import find_spec
from pathlib import Path

ROUNDS = 7

SCRIPTS = {
    "fit on arrays": """
        import keras, numpy as np
        x = np.random.default_rng(0).normal(size=(4000, 64)).astype("float32")
        y = x[:, :1]
        layers = [keras.layers.Dense(256, activation="relu") for _ in range(2)]
        model = keras.Sequential([*layers, keras.layers.Dense(1)])
        model.compile("adam", "mse")
        model.fit(x, y, epochs=8, batch_size=32, verbose=0)
        model.predict(x[:64], verbose=0)
    """,
    "fit on a data set": """
        import keras, numpy as np, tensorflow as tf
        x = np.random.default_rng(0).normal(size=(4000, 16, 16, 1)).astype("float32")
        y = x.mean(axis=(1, 2))
        rows = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(4000, seed=1).batch(32)
        model = keras.Sequential([keras.layers.Conv2D(16, 3, activation="relu"),
                                  keras.layers.Flatten(), keras.layers.Dense(1)])
        model.compile("adam", "mse")
        model.fit(rows, epochs=3, verbose=0)
    """,
    "fit of an image network": """
        import keras, numpy as np
        x = np.random.default_rng(0).normal(size=(2000, 32, 32, 3)).astype("float32")
        y = np.arange(2000) % 10
        layers = [keras.layers.Conv2D(width, 3, activation="relu", strides=2) for width in (32, 64)]
        model = keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(10)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss, metrics=["accuracy"])
        model.fit(x, y, epochs=15, batch_size=64, verbose=0)
        model.predict(x[:64], verbose=0)
    """,
    "draws of NumPy": """
        import numpy as np
        total = 0.0
        for _ in range(300):
            total += np.linalg.svd(np.random.rand(120, 120))[1].sum()
    """,
    "a forest of scikit-learn": """
        from sklearn.datasets import make_classification
        from sklearn.ensemble import RandomForestClassifier
        x, y = make_classification(4000, 30, random_state=1)
        RandomForestClassifier(60, random_state=1).fit(x, y).predict(x)
    """,
}

OF_TORCH = {
    "a loop of PyTorch": """
        import torch
        from torch.utils.data import DataLoader, TensorDataset
        torch.manual_seed(1)
        x = torch.randn(4000, 64)
        rows = DataLoader(TensorDataset(x, x[:, :1]), batch_size=32, shuffle=True)
        layers = [torch.nn.Linear(64, 256), torch.nn.ReLU(), torch.nn.Linear(256, 1)]
        model = torch.nn.Sequential(*layers)
        optimizer = torch.optim.Adam(model.parameters())
        for _ in range(8):
            for inputs, targets in rows:
                optimizer.zero_grad()
                torch.nn.functional.mse_loss(model(inputs), targets).backward()
                optimizer.step()
    """,
}
"""Measured where PyTorch is installed."""

TIMED = """
import contextlib, importlib, sys, time
from pathlib import Path
for name in sys.argv[3].split(","):
    importlib.import_module(name)
from runner.observe.watch import watching
from runner.tasks.script.main_module import execute
from runner.tasks.script.script_source import read_parts

script, watched = Path(sys.argv[1]), sys.argv[2] == "watched"
around = watching(script.parent, [str(script.parent)]) if watched else contextlib.nullcontext()
sys.modules["builtins"].__dict__.setdefault("__taken_in_order__", lambda value: value)
sys.modules["builtins"].__dict__.setdefault("__called__", lambda value, name: value)
started = time.process_time()
with around:
    execute(script, read_parts(script), [])
print("seconds", time.process_time() - started)
"""
"""Executes a script with its marks in both cases; without watching, these only pass values on."""

BEFORE = "keras,sklearn.ensemble,sklearn.datasets,tensorflow"
"""Modules that are imported before the time counts."""

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
"""One thread each: threads that wait for each other on a shared machine made the same script take
from 0.8 to 9.7 s, which hides what is measured."""


def main() -> None:
    """Print, for each script, the ratio of its processor times with and without watching."""
    print("watching a script, processor time in one thread (wanted: at most 1.05):")
    with tempfile.TemporaryDirectory() as directory:
        of_torch = OF_TORCH if find_spec("torch") else {}
        for name, source in (SCRIPTS | of_torch).items():
            script = Path(directory) / "script.py"
            script.write_text(textwrap.dedent(source))
            # TensorFlow and PyTorch in one process end by SIGSEGV, watched or not.
            before = "torch" if name in of_torch else BEFORE
            ratios = [
                _time(script, "watched", before) / _time(script, "alone", before)
                for _ in range(ROUNDS)
            ]
            middle = statistics.median(ratios)
            print(f"  {name}: {middle:.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def _time(script: Path, how: str, before: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", TIMED, str(script), how, before],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **ONE_THREAD},
    )
    return float(done.stdout.split()[-1])
