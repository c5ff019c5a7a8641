"""RUN3xx, the model."""

from __future__ import annotations

from typing import Any

from runner.lint.rule import Seen
from runner.static.declared import LIBRARIES, Declared
from runner.static.facts import ConfigFacts
from runner.static.keras_names import MERGING

WEIGHTLESS_NAMES = (
    *("Input", "Flatten", "Reshape", "Permute", "RepeatVector", "Masking", "Rescaling", "Lambda"),
    *("Activation", "Softmax", "ReLU", "ELU", "Pooling", "Padding", "Cropping", "UpSampling"),
    *("Dropout", "Noise", "Random", "Resizing"),
)
"""Parts of the names of Keras layers that have nothing to train."""

STORED = ("runner.models.load",)
"""Functions of ours that take a model from a file."""

DECAY_SCHEDULES = ("ExponentialDecay", "InverseTimeDecay", "CosineDecay", "CosineDecayRestarts")
"""Schedules that multiply their initial rate, unless they first warm up to another one."""


def nothing_trains(subject: ConfigFacts) -> Seen:
    """No weight changes in training.

    ## What it does
    Looks for 0 epochs, a learning rate of 0 (also as the start of a decay), `trainable: false` on a
    model or on all of its layers, and a batch that is larger than the data while incomplete batches
    are dropped. The last needs the number of rows, see `data.rows`.

    ## Why is this bad
    Runs then compare nothing but their initial weights. If the initializers have seeds of their
    own, all runs are the same, which says nothing about training.

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


def may_hold_weights(each: Declared) -> bool:
    """Return whether a callable may make layers that the config does not declare."""
    if each.package == "runner":
        return each.target in STORED
    return each.package not in LIBRARIES or ".applications." in each.target


def is_zero(rate: Any) -> bool:
    """Return whether a learning rate is always 0; it may be a number or a declared schedule."""
    if not isinstance(rate, dict):
        return bool(rate == 0)
    name = str(rate.get("_target_")).removeprefix("tensorflow.")
    if name.removeprefix("keras.optimizers.schedules.") not in DECAY_SCHEDULES:
        return False
    return rate.get("initial_learning_rate") == 0 and rate.get("warmup_target") is None


def find_frozen(model: tuple[Declared, ...]) -> str | None:
    """Return the key that makes the whole model untrainable; None if something can be trained."""
    if model[0].arguments.get("trainable") is False:
        return f"{model[0].key}.trainable"
    if any(may_hold_weights(each) for each in model):
        return None
    layers = [
        each
        for each in model
        if ".layers." in each.target
        and each.name not in MERGING
        and not any(part in each.name for part in WEIGHTLESS_NAMES)
    ]
    if layers and all(each.arguments.get("trainable") is False for each in layers):
        return f"{layers[0].key}.trainable"
    return None
