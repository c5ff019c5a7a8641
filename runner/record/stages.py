"""The stages of a run that have fingerprints, their kinds, and their causal order."""

from __future__ import annotations

import functools
from collections.abc import Iterable

Fingerprints = dict[str, str]
"""Stage to digest, in causal order."""

KINDS = (
    "data", "split", "imbalance", "label_noise", "resample", "adapt", "init", "dropout", "order",
    "augment", "step", "logs", "stopped", "weights", "outputs", "printed", "files",
)  # fmt: skip
"""Kinds of stages, in causal order. A stage's kind is its name up to the first slash."""

DRIVEN = {"imbalance": "split", "label_noise": "split", "resample": "split"}
"""Kind of stages to the source whose seed drives it, where that has another name."""

STEP = "step"
"""Kind of the stages of single training steps, which only a run traced by steps has."""

STOPPED = "stopped"
"""The stage that digests after how many epochs a callback ended training, if one could."""

FIT = "fit["
"""How the stages of the second training of a script begin, and of those that come after it: they
are named like those of the first, as in `fit[1]/init/dense/kernel`."""

LOGS = "logs"
"""Kind of the stages of what Keras logged of an epoch, which callbacks may act on."""

WEIGHTS = "weights"
"""Kind of the stages of the final weights."""

FILES = "files"
"""Kind of the stages of the files that a script wrote."""

RESULTS = ("adapt", STEP, LOGS, STOPPED, WEIGHTS, "outputs", "printed", FILES)
"""Kinds of stages that follow from the sources of randomness, and are none themselves."""

KERAS_SHUFFLE = "shuffle of fit"
"""Name, among the stages of a pipeline, of the shuffle by which Keras itself orders arrays."""

IMPLEMENTATION = "implementation"
"""Name of the source of a difference that no recorded source explains."""

TRACED = ("data", "init", WEIGHTS)
"""Kinds of stages by which a run is known to have recorded its every source."""


def is_traced(build: Fingerprints) -> bool:
    """Return whether a build has stages of single steps."""
    return any(kind_of(stage) == STEP for stage in build)


def is_of_epoch(stage: str) -> bool:
    """Return whether a stage belongs to one epoch of training, as `order/3` does."""
    kind, _, name = stage.partition("/")
    return kind in ("data", "order", "augment", LOGS) and name.isdigit()


@functools.lru_cache(maxsize=1 << 14)
def kind_of(stage: str) -> str:
    """Return a stage's kind: `init` for `init/dense/kernel`, and for `fit[1]/init/dense/kernel`."""
    first, _, rest = stage.partition("/")
    return rest.partition("/")[0] if first.startswith(FIT) and rest else first


def order_stages(builds: Iterable[Fingerprints]) -> list[str]:
    """Return all stages of the builds in causal order, whatever the order of the builds.

    The stages of the longest build come in its order. Each other stage is put behind the stage that
    precedes it in its own build.
    """
    # Nearly all builds have the same stages, so only the distinct sequences are merged.
    distinct = sorted({tuple(build) for build in builds}, key=lambda each: (-len(each), each))
    order = list(distinct[0]) if distinct else []
    for stages in distinct[1:]:
        known = set(order)
        position = 0
        for stage in stages if not known.issuperset(stages) else ():
            if stage not in known:
                order.insert(position, stage)
                known.add(stage)
            position = order.index(stage) + 1
    several = any(stage.startswith(FIT) for stage in order)
    if not several and all(kind_of(stage) in KINDS for stage in order):
        # The kind decides between two stages that no build has both of.
        order.sort(key=lambda stage: KINDS.index(kind_of(stage)))
    return order
