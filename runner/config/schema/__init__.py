"""Schema of a config: type, default, range and a line of help for each field.

In: nothing.
Out: the dataclasses of a config, the names that its keys may have as values, and its keys in order.
Never: reads, checks or composes a config.
"""

from __future__ import annotations

from runner.config.schema.choices import (
    ALL,
    AXES,
    MAX_SEED,
    SOURCES,
    STAGES,
    STATES,
    VERDICTS,
    Device,
    Evaluated,
    Feed,
    Generator,
    Held,
    Isolation,
    Kind,
    Perturb,
    Reported,
    Scope,
    SplitBy,
    Strategy,
    Trace,
)
from runner.config.schema.configuration import (
    CHECKS,
    CONF,
    HERE,
    RUN_KEYS,
    SWEEP_KEYS,
    Claim,
    Compare,
    Config,
    Probe,
    Runtime,
    Seed,
    Task,
    later_defaults,
    register,
    walk,
)
from runner.config.schema.data_settings import Data, Pad, Resample, Split
from runner.config.schema.field_option import option
from runner.config.schema.train_settings import Augment, Evaluate, Shuffle, Train, Validation

__all__ = [
    "ALL",
    "AXES",
    "CHECKS",
    "CONF",
    "HERE",
    "MAX_SEED",
    "RUN_KEYS",
    "SOURCES",
    "STAGES",
    "STATES",
    "SWEEP_KEYS",
    "VERDICTS",
    "Augment",
    "Claim",
    "Compare",
    "Config",
    "Data",
    "Device",
    "Evaluate",
    "Evaluated",
    "Feed",
    "Generator",
    "Held",
    "Isolation",
    "Kind",
    "Pad",
    "Perturb",
    "Probe",
    "Reported",
    "Resample",
    "Runtime",
    "Scope",
    "Seed",
    "Shuffle",
    "Split",
    "SplitBy",
    "Strategy",
    "Task",
    "Trace",
    "Train",
    "Validation",
    "later_defaults",
    "option",
    "register",
    "walk",
]
