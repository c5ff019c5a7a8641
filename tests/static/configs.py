"""Configurations for tests of what is told without running: the schema's defaults, with changes."""

from __future__ import annotations

from omegaconf import OmegaConf

from runner.config.schema import Config
from runner.static.facts import ConfigFacts

DIGITS = {"_target_": "runner.data.digits"}
TINY = {"_target_": "runner.data.tiny"}
YOURS = {"_target_": "yours.load"}

FLATTEN = {"_target_": "keras.layers.Flatten"}
DROPOUT = {"_target_": "keras.layers.Dropout", "rate": 0.5}

NOISE = {"_target_": "runner.augment.add_noise", "_partial_": True, "stddev": 0.1}
AUGMENTED = ["cache", "shuffle", "augment", "batch", "prefetch"]


def dense(units, activation=None, **arguments):
    """A dense layer; `initializer` fills its kernel."""
    layer = {"_target_": "keras.layers.Dense", "units": units, "activation": activation}
    if "initializer" in arguments:
        layer["kernel_initializer"] = arguments.pop("initializer")
    return layer | arguments


def own_seed(seed):
    """An initializer with a seed of its own."""
    return {"_target_": "keras.initializers.GlorotUniform", "seed": seed}


def model(*layers):
    """A sequence of layers."""
    return {"_target_": "keras.Sequential", "layers": list(layers)}


MLP = model(FLATTEN, dense(64, "relu"), dense(10, "softmax"))
PINNED = model(
    FLATTEN,
    dense(64, "relu", initializer=own_seed(1)),
    dense(10, "softmax", initializer=own_seed(2)),
)
DROPPING = model(FLATTEN, dense(64, "relu"), DROPOUT, dense(10, "softmax"))


def make(**changes):
    """A valid configuration: mlp on digits, a fixed seed, shuffled; changes as nested dicts."""
    cfg = OmegaConf.structured(Config)
    cfg.data.units = 10
    cfg.data.source = DIGITS
    cfg.model = MLP
    given = {"seed": {"strategy": "fixed", "value": 42}, **changes}
    for key in [each for each in given if "." in each or each == "model"]:
        OmegaConf.update(cfg, key, given.pop(key), merge=False, force_add=True)
    return OmegaConf.merge(cfg, given)


def subject(**changes):
    """The same, taken up for rules and predictions."""
    return ConfigFacts.of(make(**changes))
