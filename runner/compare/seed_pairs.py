"""Compares bit for bit the runs of one configuration that have equal seeds in two sweeps. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from runner.compare.runs import BuildDifference, RunDifference, Stage, diff_runs
from runner.compare.snapshot import Configuration, LockedRun
from runner.numeric.bitwise import worst_of
from runner.numeric.verdicts import State
from runner.record.reader import content_of, group_by_seeds
from runner.record.record import RunRecord
from runner.record.stages import order_stages

MIN_STEADY = 2
"""How many runs without recorded seeds must agree to be taken for repeats of each other."""


@dataclass(frozen=True)
class Pairing:
    """How runs of A and runs of B with equal seeds compare."""

    seeds: int
    """The number of distinct seeds that both sides have and that were compared."""
    state: State
    """How the outputs on the probe compare, at worst over all seeds."""
    reason: str | None = None
    """Why the state is unmeasured, or what it leaves open; None if there is nothing to add."""
    by_digest: bool = False
    """Whether only digests of some outputs were kept, so that a difference may be rounding."""
    unseen: bool = False
    """Whether outputs on the probe are the same although stages or metrics are not."""
    build: int | None = None
    """The build in which runs first part; None if they do not, or if no stage shows it."""
    first: str | None = None
    """The stage of `build` at which runs first part; None if `build` is."""
    explanation: str | None = None
    """A sentence on the pair of runs that parts first; None if no pair does."""
    max_abs_diff: float | int | None = None
    """The largest |a-b| of outputs, in their units; None if nothing differs or it has no size."""
    max_ulps: int | None = None
    """The largest number of steps from float to float between outputs; None likewise."""
    stages: tuple[Stage, ...] = field(default=(), repr=False)
    """The stages of `build` in the pair of runs that parts first; empty if no stage shows it."""
    repeats: tuple[bool | None, bool | None] = (None, None)
    """Whether the runs with equal seeds, replays included, are the same among themselves, in A and
    in B; None if no two runs have equal seeds."""
    pairs: tuple[tuple[RunRecord, RunRecord], ...] = field(default=(), repr=False)
    """A run of A and one of B for each seed; empty if chance is known to part equal seeds."""


def pair_runs(a: Configuration, b: Configuration) -> Pairing:
    """Compare the runs of a configuration that recorded equal seeds.

    Runs without recorded seeds are compared if each side has at least MIN_STEADY of them and they
    are all the same, as these need no seed to repeat each other. Differences among one side's own
    equal-seed runs are not differences between the sides.
    """
    sides = group_by_seeds(a.runs), group_by_seeds(b.runs)
    repeats = _repeats(sides[0]), _repeats(sides[1])
    shared = [text for text in sides[0] if text in sides[1]]
    if None in shared and not all(_is_steady(side[None]) for side in sides):
        shared.remove(None)
    if not shared:
        return Pairing(0, State.UNMEASURED, _why_unpaired(a, b), repeats=repeats)
    ours = {text: _distinct(sides[0][text]) for text in shared}
    theirs = {text: _distinct(sides[1][text]) for text in shared}
    between = [_diff(*pair) for text in shared for pair in _cross(ours[text], theirs[text])]
    state = worst_of(map(_outputs_state, between))
    parted = [each for each in between if each.same is False]
    if parted and False in repeats and not _is_worse(state, _noise(sides)):
        names = " and ".join(n for n, same in zip("AB", repeats, strict=True) if same is False)
        return Pairing(
            seeds=len(shared),
            state=State.SAME if state is State.SAME else State.UNMEASURED,
            reason=f"runs with equal seeds are not the same among themselves in {names}",
            repeats=repeats,
        )
    number, build, explanation = _find_first(parted)
    elements = [d.outputs.elements for d in parted if d.outputs and d.outputs.elements]
    return Pairing(
        seeds=len(shared),
        state=state,
        reason=_what_is_open(state, parted, repeats),
        by_digest=any(each.outputs is None for each in between),
        unseen=bool(parted) and state is State.SAME,
        build=number,
        first=build.first if build else None,
        explanation=explanation,
        max_abs_diff=max((e.max_abs for e in elements if e.max_abs is not None), default=None),
        max_ulps=max((e.max_ulps for e in elements if e.max_ulps is not None), default=None),
        stages=build.stages if build else (),
        repeats=repeats,
        pairs=tuple((ours[text][0].record, theirs[text][0].record) for text in shared),
    )


def _distinct(runs: Sequence[LockedRun]) -> list[LockedRun]:
    """Return one run of each kind; runs are of one kind if all that was recorded is the same.

    The kinds are sorted by content, so the order of the runs does not matter.
    """
    kinds: dict[str, LockedRun] = {}
    for each in runs:
        kinds.setdefault(content_of(each.record), each)
    return [kinds[content] for content in sorted(kinds)]


def _cross(
    ours: Sequence[LockedRun], theirs: Sequence[LockedRun]
) -> list[tuple[LockedRun, LockedRun]]:
    """Pair each kind of one side with the first kind of the other.

    If runs with equal seeds repeat, each side has one kind, and the one pair says everything.
    """
    return [(ours[0], each) for each in theirs] + [(each, theirs[0]) for each in ours[1:]]


def _is_steady(runs: Sequence[LockedRun]) -> bool:
    """Return whether runs repeat each other without seeds: enough exist, and all are the same."""
    return len(runs) >= MIN_STEADY and len(_distinct(runs)) == 1


def _repeats(groups: dict[str | None, list[LockedRun]]) -> bool | None:
    """Return whether runs with equal seeds are the same; None if no two runs have equal seeds."""
    several = [
        group
        for text, group in groups.items()
        if len(group) > 1 and (text is not None or _is_steady(group))
    ]
    return all(len(_distinct(group)) == 1 for group in several) if several else None


def _noise(sides: Sequence[dict[str | None, list[LockedRun]]]) -> State:
    """Return the worst state among the outputs of one side's own runs with equal seeds."""
    states = [State.SAME]
    for groups in sides:
        for group in groups.values():
            first, *others = _distinct(group)
            states += [_outputs_state(_diff(first, each)) for each in others]
    return worst_of(states)


def _diff(a: LockedRun, b: LockedRun) -> RunDifference:
    return diff_runs(a.record, b.record, a.arrays, b.arrays)


def _outputs_state(found: RunDifference) -> State:
    if found.outputs is not None:
        return found.outputs.state
    if found.digests.a is None or found.digests.b is None:
        return State.UNMEASURED
    return State.SAME if found.digests.same else State.DIFFERS


def _is_worse(state: State, other: State) -> bool:
    return state is not other and worst_of((state, other)) is state


def _find_first(
    parted: Sequence[RunDifference],
) -> tuple[int | None, BuildDifference | None, str | None]:
    """Return the build where a pair of runs first parts, how it compares, and the conclusion.

    The build is None if no stage shows where; the conclusion too if no pair parts.
    """
    order = order_stages(
        [{stage.name: "" for stage in build.stages} for each in parted for build in each.builds]
    )
    found = [
        (number, order.index(build.first), each.conclusion, build)
        for each in parted
        for number, build in enumerate(each.builds)
        if build.first is not None
    ]
    if not found:
        return None, None, parted[0].conclusion if parted else None
    number, _, conclusion, build = min(found, key=lambda each: each[:3])
    return number, build, conclusion


def _why_unpaired(a: Configuration, b: Configuration) -> str:
    """Return why no run of A can be compared with a run of B."""
    empty = [name for name, side in (("A", a), ("B", b)) if not side.succeeded]
    if empty:
        return f"no run succeeded in {' or '.join(empty)}"
    bare = [n for n, side in (("A", a), ("B", b)) if not any(r.record.seeds for r in side.runs)]
    if bare:
        return f"nothing was seeded in {' and '.join(bare)}"
    return "no runs have equal seeds"


def _what_is_open(
    state: State, parted: Sequence[RunDifference], repeats: tuple[bool | None, bool | None]
) -> str | None:
    """Return what may explain a difference, other than what sets the sweeps apart.

    None: nothing else may, or nothing differs.
    """
    reasons = ["there are no outputs to compare"] if state is State.UNMEASURED else []
    if any(each.outputs is not None and each.outputs.probes_differing for each in parted):
        reasons.append("the probe's inputs are not the same")
    if parted and True not in repeats:
        reasons.append("nothing shows that equal seeds repeat a run, so chance may be why")
    return "; ".join(reasons) or None
