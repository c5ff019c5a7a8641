"""Compares each training that was interrupted and resumed with the run that was not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.numeric.bitwise import Tolerance, compare_arrays
from runner.numeric.verdicts import MEASURED, State
from runner.record.reader import StoredRun
from runner.record.reasons import Clause
from runner.record.stages import LOGS, STEP, WEIGHTS, Fingerprints, kind_of

ORDER = "order"
POSITION = "position"
"""Kind of loss: the place in the rows, where an epoch is no pass over them or is begun again."""
AUGMENT = "augment"
DRAWN = ("generators", "python", "numpy", "keras")
"""Kinds of generators, which matter only where something draws from them later on."""


@dataclass(frozen=True)
class Loss:
    """State that an interruption lost."""

    kind: str
    """One of the kinds that runs record, or ORDER, POSITION or AUGMENT."""
    names: str = ""
    """What of it was lost, such as a weight or the attribute of a callback."""
    parts: int = 1
    """How many parts of this kind were lost."""
    restarted: bool = False
    """Whether it is known to have begun again from where the training began."""


@dataclass(frozen=True)
class Resume:
    """A resumed run against the run that it repeats."""

    epoch: int
    """The epoch before which training was interrupted."""
    kept: str
    """The kind of checkpoint: backup, model or weights; empty where there was no interruption."""
    state: State
    """How they compare; UNMEASURED if either failed or if the interruption is not why they differ.
    """
    first: str | None = None
    """The first stage at which they differ."""
    losses: tuple[Loss, ...] = ()
    """What was lost, whether or not it made a difference."""
    in_metrics: bool = False
    """Whether they differ in nothing but metrics."""
    departed: bool = False
    """Whether the interrupted training had differed already before it was interrupted."""
    repeated_steps: int = 0
    """Steps that the resumed training made a second time."""
    ended: bool = False
    """Whether training ended before it could be interrupted, for example by a callback."""
    begun_anew: bool = False
    """Whether there was no checkpoint yet, so that nothing was resumed."""


def compare_resumes(
    group: Iterable[StoredRun], runs: Sequence[StoredRun], tolerance: Tolerance
) -> tuple[Resume, ...]:
    """Compare the resumed runs of a configuration with those that they repeat.

    Args:
        group: all runs of the configuration.
        runs: its successful runs that were not interrupted.
        tolerance: within which outputs differ by rounding.
    """
    known: dict[tuple[Path, int | None], StoredRun] = {(s.sweep, s.record.job): s for s in runs}
    return tuple(
        _compare(known.get((each.sweep, each.record.resume_of)), each, tolerance)
        for each in group
        if each.record.resume_of is not None
    )


def find_worst_resume(resumes: Sequence[Resume]) -> Resume | None:
    """Return the resume that differs most, the earliest of equals; None if none was measured."""
    measured = [each for each in resumes if each.state in MEASURED]
    return max(measured, key=lambda each: MEASURED.index(each.state), default=None)


def _compare(whole: StoredRun | None, resumed: StoredRun, tolerance: Tolerance) -> Resume:
    epoch = resumed.record.resume_at or 0
    fact = next((each for each in resumed.record.facts if each.code == "resumed"), None)
    codes = {each.code for each in resumed.record.facts}
    if codes & {"not-interrupted", "not-kept"}:
        ended = "not-interrupted" in codes
        return Resume(epoch, "", State.UNMEASURED, ended=ended, begun_anew=not ended)
    if fact is None or whole is None or whole.arrays is None or resumed.arrays is None:
        return Resume(epoch, "", State.UNMEASURED)
    kept = fact.words["kept"]
    reached = _find_state(whole, epoch)
    if reached is None or fact.words["progress"] != reached.words["progress"]:
        return Resume(epoch, kept, State.UNMEASURED, departed=True)
    before, after = whole.record.fingerprints[0], resumed.record.fingerprints[0]
    differing = list(_find_differing(before, after))
    a, b = whole.arrays.outputs[0], resumed.arrays.outputs[0]
    state = compare_arrays(a, b, tolerance) if a.dtype == b.dtype else State.DIFFERS
    measured = repr(whole.record.metrics[0]) == repr(resumed.record.metrics[0])
    in_metrics = state is State.SAME and not differing and not measured
    if state is State.SAME and (differing or not measured):
        state = State.DIFFERS
    repeated = int(fact.numbers["repeated_steps"].low)
    return Resume(
        epoch,
        kept,
        state,
        next(iter(differing), None),
        tuple(_find_losses(whole, resumed, int(fact.numbers["epoch"].low), repeated)),
        in_metrics=in_metrics,
        repeated_steps=repeated,
    )


def _find_state(whole: StoredRun, epoch: int) -> Clause | None:
    """Return the fact on the state with which a run began an epoch; None if it has none."""
    facts = whole.record.build_facts[0] if whole.record.build_facts else []
    found = (each for each in facts if each.code == "state-at" and each.where == str(epoch))
    return next(found, None)


def _find_differing(before: Fingerprints, after: Fingerprints) -> Iterator[str]:
    """Yield the stages that both have and that differ, in causal order.

    A resumed run has no stage of the epochs before. What was logged may hold the time, and counts
    only through what it leads to. Final weights are compared in the order of the model's: in a
    model that was loaded from a file, Keras gives those of an inner model other names.
    """
    own, others = _list_weights(before), _list_weights(after)
    renamed = dict(zip(own, others, strict=True)) if len(own) == len(others) else {}
    for stage, each in before.items():
        found = after.get(renamed.get(stage, stage), each)
        if found != each and kind_of(stage) not in (LOGS, STEP):
            yield stage


def _list_weights(fingerprints: Fingerprints) -> list[str]:
    return [stage for stage in fingerprints if kind_of(stage) == WEIGHTS]


def _find_losses(whole: StoredRun, resumed: StoredRun, epoch: int, repeated: int) -> Iterator[Loss]:
    """Yield what was lost: the place in the rows, then what the resumed run recorded as lost."""
    before, after = whole.record.fingerprints[0], resumed.record.fingerprints[0]
    number = _find_first_number(after, epoch)
    order, augment = f"{ORDER}/{number}", f"{AUGMENT}/{number}"
    if repeated:
        yield Loss(POSITION)
    if _differs(before, after, order):
        again = after[order] == before.get(f"{ORDER}/0")
        kind = ORDER if _is_shuffled(whole) else POSITION
        if not (repeated and kind == POSITION):
            yield Loss(kind, restarted=again)
    elif _differs(before, after, augment):
        yield Loss(AUGMENT, restarted=after[augment] == before.get(f"{AUGMENT}/0"))
    reached = _find_state(whole, resumed.record.resume_at or 0)
    drawn = reached.words["drawn"].split(", ") if reached else []
    for each in resumed.record.facts:
        # From a generator that only a beginning draws from, nothing is drawn later on.
        idle = each.where in DRAWN and each.where not in drawn
        if each.code == "state-lost" and not idle:
            yield Loss(each.where, each.words["names"], int(each.numbers["parts"].low))


def _find_first_number(after: Fingerprints, epoch: int) -> int:
    """Return the number that the stages of the first resumed epoch have.

    They count from 0 also where `train.initial_epoch` does not.
    """
    numbers = [int(s.partition("/")[2]) for s in after if kind_of(s) == ORDER]
    return min(numbers, default=epoch)


def _differs(before: Fingerprints, after: Fingerprints, stage: str) -> bool:
    return stage in before and stage in after and before[stage] != after[stage]


def _is_shuffled(whole: StoredRun) -> bool:
    """Return whether something shuffles the rows; True where that was not recorded."""
    facts = whole.record.build_facts[0] if whole.record.build_facts else []
    stages = [each.words["stages"] for each in facts if each.code == "orders"]
    return not stages or "shuffle" in stages[0]
