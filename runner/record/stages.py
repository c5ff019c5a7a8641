"""The stages of a run that have fingerprints: their kinds, and their causal order."""

from __future__ import annotations

from collections.abc import Iterable

Fingerprints = dict[str, str]
"""Stage to digest, in causal order."""

KINDS = (
    "data", "split", "init", "dropout", "order", "augment", "step", "weights", "outputs",
)  # fmt: skip
"""What stages are of, the part of their names before the first slash, in causal order."""

STEP = "step"
"""Stages that a run has only where it was traced by steps."""

RESULTS = (STEP, "weights", "outputs")
"""Stages that follow from the sources, and are no source themselves."""

IMPLEMENTATION = "implementation"
"""The source of a difference that none of the recorded ones has."""

TRACED = ("data", "init", "weights")
"""Stages that a run has whose every source is recorded."""


def is_traced(build: Fingerprints) -> bool:
    """Whether a build has stages of single steps."""
    return any(kind_of(stage) == STEP for stage in build)


def kind_of(stage: str) -> str:
    """`init` of `init/dense/kernel`."""
    return stage.partition("/")[0]


def order_stages(builds: Iterable[Fingerprints]) -> list[str]:
    """All stages in causal order, which does not depend on the order of the builds.

    Those of the longest build, with others after what they follow elsewhere.
    """
    # Few builds of a run or runs of a configuration have other stages than the rest.
    distinct = sorted({tuple(build) for build in builds}, key=lambda each: (-len(each), each))
    order = list(distinct[0]) if distinct else []
    for stages in distinct[1:]:
        known = set(order)
        place = 0
        for stage in stages if not known.issuperset(stages) else ():
            if stage not in known:
                order.insert(place, stage)
                known.add(stage)
            place = order.index(stage) + 1
    if all(kind_of(stage) in KINDS for stage in order):
        # Between stages that no build has both of, what they are of decides.
        order.sort(key=lambda stage: KINDS.index(kind_of(stage)))
    return order
