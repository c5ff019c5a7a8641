"""Training steps with their order taken down, against plain `fit` on the same pipeline."""

from __future__ import annotations

import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

ROUNDS = 15
EPOCHS = 4


def main() -> None:
    """Print the ratio of the seconds a step takes, in alternating rounds."""
    import keras
    import tensorflow as tf

    from runner.config.schema import Shuffle, Train
    from runner.data.rows import Rows
    from runner.tasks.keras.feed.order_recorder import OrderRecorder
    from runner.tasks.keras.feed.pipeline import build_pipeline

    random = np.random.default_rng(0)
    x = random.random((1437, 64), np.float32)
    y = random.integers(0, 10, 1437)
    recorder = OrderRecorder()
    recorded = build_pipeline(Rows(x, y), Train(), Shuffle(), None, recorder, lambda source: None)
    inputs, targets = tf.constant(x), tf.constant(y)
    indices = tf.data.Dataset.range(len(x)).cache().shuffle(len(x)).batch(32)
    same = indices.map(lambda i: (tf.gather(inputs, i), tf.gather(targets, i))).prefetch(2)
    rows = tf.data.Dataset.from_tensor_slices((x, y)).cache().shuffle(len(x)).batch(32).prefetch(2)

    def build() -> keras.Model:
        layers = [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10, "softmax")]
        model = keras.Sequential([keras.Input((64,)), *layers])
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    pipelines = {"recorded": recorded, "same": same, "rows": rows}
    models = {name: build() for name in pipelines}
    seconds: dict[str, list[float]] = {name: [] for name in pipelines}
    for turn in range(ROUNDS + 1):
        for name, model in models.items():
            started = time.perf_counter()
            model.fit(pipelines[name], epochs=EPOCHS, verbose=0)
            if turn > 0:  # the first one traces
                seconds[name].append((time.perf_counter() - started) / EPOCHS / 45)
        recorder.end_epoch()
    ratios = {
        name: statistics.median(
            a / b for a, b in zip(seconds["recorded"], seconds[name], strict=True)
        )
        for name in ("same", "rows")
    }
    step = statistics.median(seconds["same"]) * 1e3
    print(f"fingerprints: {ratios['same']:.2f} times plain fit on the same pipeline")
    print(f"  (wanted: at most 1.05; a step takes {step:.2f} ms),")
    print(f"  {ratios['rows']:.2f} times one that shuffles the rows themselves")
