"""Finds which state a checkpoint did not keep: the state before against the one after."""

from __future__ import annotations

from runner.record.reasons import Clause, count
from runner.tasks.keras.resuming.state_watch import Continuation
from runner.tasks.keras.resuming.stopped_part import StoppedPart
from runner.tasks.keras.resuming.training_state import (
    DRAWN,
    Kind,
    State,
    StatePart,
    key_parts,
)

KEPT_BY_STEP = (*DRAWN, Kind.CALLBACK)
"""Kinds of state that are compared where the checkpoint is of another step than the epoch's begin.

The others differ there because they are of that step, and are not lost.
"""

MAX_NAMES = 3
"""Parts of one kind that are named."""


def find_losses(before: StoppedPart, after: Continuation) -> list[Clause]:
    """Return a fact `state-lost` for each kind of state that differs after the interruption.

    Args:
        before: what was taken down until the interruption.
        after: what was taken down in the process that went on.
    """
    epoch = after.first_epoch
    if epoch is None:
        return []
    again = count_repeated(before, after)
    lost = _compare(before.states.get(str(epoch), []), after)
    if again:
        lost = [each for each in lost if each.kind in KEPT_BY_STEP]
    by_kind: dict[Kind, list[str]] = {}
    for part in lost:
        by_kind.setdefault(part.kind, []).append(part.name)
    # An optimizer that keeps nothing else does not go by its number of steps.
    steps = by_kind.pop(Kind.COUNT, None)
    if steps and Kind.OPTIMIZER in by_kind:
        by_kind[Kind.OPTIMIZER] += steps
    return [
        Clause(
            "state-lost",
            kind.value,
            {"names": ", ".join(names[:MAX_NAMES]), "kept": before.kept},
            {"parts": count(len(names))},
        )
        for kind, names in by_kind.items()
    ]


def count_repeated(before: StoppedPart, after: Continuation) -> int:
    """Return how many steps of its first epoch the resumed training makes a second time."""
    begun = before.steps.get(str(after.first_epoch))
    return 0 if begun is None or not before.by_steps else max(0, after.steps - begun)


def _compare(before: State, after: Continuation) -> list[StatePart]:
    """Return the parts that differ and, if they are generators, are drawn from afterwards."""
    first, last = key_parts(after.first), key_parts(after.last)
    lost = []
    for key, part in key_parts(before).items():
        now, then = first.get(key), last.get(key)
        same = part.blank if now is None else now.digest == part.digest
        unused = part.kind in DRAWN and (now and now.digest) == (then and then.digest)
        if not same and not unused:
            lost.append(part)
    return lost
