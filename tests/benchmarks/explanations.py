"""What it costs a run to be explained: all of its fingerprints, reasons and predictions."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROUNDS = 9
BY_HAND = {
    "digest": lambda *arrays: "",
    "fingerprint_weights": lambda stage, model: {},
    "explain_collapse": lambda *_: None,
}
"""What stands in the place of runner.tasks.keras.train's own, in a run that explains nothing."""


def main() -> None:
    """Print the share of a run's time, of the README's model, in alternating rounds."""
    from hydra import compose, initialize_config_dir

    from runner.config import nodes, schema
    from runner.config.seeds import run_seeds
    from runner.static.facts import ConfigFacts
    from runner.static.predict import predict
    from runner.static.sources import absent_sources
    from runner.tasks.keras import train
    from runner.tasks.keras.feed import order_recorder

    schema.register()
    with initialize_config_dir(str(schema.CONF), version_base="1.3"):
        cfg = compose("config")
    config = nodes.to_dataclass(cfg)
    seeds = run_seeds(config.seed, 0, "")
    own = {name: getattr(train, name) for name in BY_HAND}
    record = order_recorder.OrderRecorder.record

    def run(explained: bool) -> float:
        for name, by_hand in BY_HAND.items():
            setattr(train, name, own[name] if explained else by_hand)
        setattr(order_recorder.OrderRecorder, "record", record if explained else lambda *_: None)  # noqa: B010
        started = time.perf_counter()
        if explained:
            subject = ConfigFacts.of(cfg)
            predict(subject).by_axis()
            absent_sources(subject)
        train.train_and_call(config, seeds, Path.cwd())
        return time.perf_counter() - started

    run(True)  # imports and traces for the first time
    pairs = [(run(True), run(False)) for _ in range(ROUNDS)]
    ratio = statistics.median(with_all / without for with_all, without in pairs)
    wall = statistics.median(without for _, without in pairs)
    print(f"explanations: {ratio:.3f} times a run without them (wanted: at most 1.05;")
    print(f"  builds={config.builds}, {wall:.2f} s without process and import)")
