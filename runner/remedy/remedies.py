"""The remedies: what each changes from outside, and what a person would change instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from runner.analysis.findings.script_causes import Cause
from runner.config.schema import Remedy
from runner.record.timeline import EventKind


@dataclass(frozen=True)
class Outside:
    """A change from outside of a script."""

    name: str
    """As it is printed."""
    remedy: Remedy | None = None
    """The change of what the script does; None where overrides alone make the change."""
    overrides: tuple[str, ...] = ()
    """Overrides of the config that make the change."""
    kinds: tuple[EventKind, ...] = ()
    """Kinds of events that it may mend."""


SEED_FIRST = Outside(
    "a seed for all generators before the first line",
    overrides=("seed=fixed",),
    kinds=(EventKind.DRAW,),
)
FIX_SEEDS = Outside(
    "a number for each seed", Remedy.fix_seeds, kinds=(EventKind.SEED, EventKind.MADE)
)
FILL_SEEDS = Outside(
    "a seed for each generator that is made without one",
    Remedy.fill_seeds,
    kinds=(EventKind.MADE, EventKind.ENTROPY),
)
SORT_LISTINGS = Outside("sorted names of files", Remedy.sort_listings, kinds=(EventKind.LISTING,))
SORT_SETS = Outside("sorted elements of sets", Remedy.sort_sets, kinds=(EventKind.SET_ORDER,))
HASH_SEED = Outside(
    "PYTHONHASHSEED=0",
    overrides=("runtime.hash_seed=0",),
    kinds=(EventKind.HASH, EventKind.SET_ORDER),
)
IN_ORDER = Outside(
    "results in the order in which they were asked for",
    Remedy.in_order,
    kinds=(EventKind.COMPLETION, EventKind.THREADS),
)
ONE_THREAD = Outside(
    "one thread for operations",
    overrides=("runtime.intra_op_threads=1", "runtime.inter_op_threads=1"),
)
DETERMINISTIC_OPS = Outside("deterministic operations", overrides=("runtime.op_determinism=true",))
PLAIN_KERNELS = Outside("TensorFlow without oneDNN", overrides=("runtime.onednn=false",))

ALL = (
    SEED_FIRST, FIX_SEEDS, FILL_SEEDS, SORT_LISTINGS, SORT_SETS, IN_ORDER, HASH_SEED, ONE_THREAD,
    DETERMINISTIC_OPS, PLAIN_KERNELS,
)  # fmt: skip
"""Every remedy, those that change least first."""


def guess(causes: Sequence[Cause]) -> list[Outside]:
    """Return the remedies that what was seen speaks for, in the order of ALL."""
    wanted: dict[str, Outside] = {}
    for cause in causes:
        event = cause.event
        for each in ALL:
            if event.kind not in each.kinds:
                continue
            if event.kind is EventKind.MADE and each is not (
                FIX_SEEDS if event.seeded else FILL_SEEDS
            ):
                continue
            if event.kind is EventKind.SET_ORDER and each is HASH_SEED:
                continue
            wanted[each.name] = each
        if event.kind is EventKind.SEED and not event.value:
            wanted[FIX_SEEDS.name] = FIX_SEEDS
            wanted[SEED_FIRST.name] = SEED_FIRST
    return [each for each in ALL if each.name in wanted]


def make_overrides(remedies: Iterable[Outside]) -> list[str]:
    """Return the overrides by which a sweep tries remedies together."""
    chosen = list(remedies)
    inner = [each.remedy.name for each in chosen if each.remedy is not None]
    return [
        *(override for each in chosen for override in each.overrides),
        *([f"task.remedies=[{','.join(inner)}]"] if inner else []),
    ]
