"""RUN3xx, the model."""

from __future__ import annotations

from typing import Any

from runner.lint.rule import Seen
from runner.static.declared import Declared
from runner.static.facts import ConfigFacts

WEIGHTLESS = (
    *("Input", "Flatten", "Reshape", "Permute", "RepeatVector", "Masking", "Rescaling", "Lambda"),
    *("Activation", "Softmax", "ReLU", "ELU", "Pooling", "Padding", "Cropping", "UpSampling"),
    *("Dropout", "Noise", "Random", "Resizing"),
)
"""Parts of the names of Keras layers that have nothing to train."""

DECAYS = ("ExponentialDecay", "InverseTimeDecay", "CosineDecay", "CosineDecayRestarts")
"""Schedules that multiply the rate that they start with, unless they warm up to another one."""


def nothing_trains(subject: ConfigFacts) -> Seen:
    """No weight changes in training.

    ## What it does
    Looks for no epochs, a learning rate of 0 (also as the start of a decay), a model or all of its
    layers with `trainable: false`, and a batch that is larger than the data while remainders are
    dropped (where the rows are known, see `data.rows`).

    ## Why is this bad
    What is compared is the initial weights. With initializers that have seeds of their own every
    run is then the same, which says nothing about training.

    ## Example
    ```yaml
    train:
      epochs: 0
    ```

    ## Use instead
    ```yaml
    train:
      epochs: 5
    ```
    """
    train = subject.config.train
    if not subject.trains:
        yield "train.epochs", "0 epochs leave the initial weights as they are; use train.epochs=1"
    if subject.batchless:
        yield (
            "train.drop_remainder",
            f"a batch of {train.batch_size} is more than all {subject.rows} rows and is dropped,"
            " so there is no step; use train.drop_remainder=false or a smaller batch",
        )
    if isinstance(train.optimizer, dict) and is_zero(train.optimizer.get("learning_rate")):
        yield (
            "train.optimizer.learning_rate",
            "a learning rate of 0 leaves every trainable weight as it is; use 0.001",
        )
    if key := find_frozen(subject.model):
        yield key, "no layer is trainable, so training changes nothing; leave trainable out"


def is_zero(rate: Any) -> bool:
    """Whether a learning rate, or each one of a schedule, is 0."""
    if not isinstance(rate, dict):
        return bool(rate == 0)
    name = str(rate.get("_target_")).removeprefix("tensorflow.")
    if name.removeprefix("keras.optimizers.schedules.") not in DECAYS:
        return False
    return rate.get("initial_learning_rate") == 0 and rate.get("warmup_target") is None


def find_frozen(model: tuple[Declared, ...]) -> str | None:
    """The key that makes the whole model untrainable; None when something can be trained."""
    if model[0].arguments.get("trainable") is False:
        return f"{model[0].key}.trainable"
    layers = [
        each
        for each in model
        if ".layers." in each.target and not any(part in each.name for part in WEIGHTLESS)
    ]
    if layers and all(each.arguments.get("trainable") is False for each in layers):
        return f"{layers[0].key}.trainable"
    return None
