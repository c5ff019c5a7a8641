"""Compares two sweeps, such as those of two machines, or before and after a change. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.compare.metrics import MetricDifference, compare_paired, compare_samples, count_samples
from runner.compare.runs import SidePair, differing_sides
from runner.compare.seed_pairs import Pairing, pair_runs
from runner.compare.snapshot import Configuration, Snapshot, shorten
from runner.config.nodes import with_later_defaults
from runner.numeric.intervals import share_confidence
from runner.numeric.verdicts import State, Verdict
from runner.text import plural


@dataclass(frozen=True)
class ConfigurationDifference:
    """How one configuration compares in A and in B."""

    name: str
    """The overrides that tell it from the others; empty if there is only one configuration."""
    place: int
    """Its index among the configurations of A, from 0."""
    overrides: dict[str, str]
    """Its overrides in A, key to value."""
    ids: SidePair
    """The ids. If they differ, the configurations were matched by their overrides."""
    config: tuple[SidePair, ...]
    """The keys of the config whose values differ; empty also if a side kept no config."""
    pairing: Pairing
    """How runs with equal seeds compare."""
    verdict: SidePair
    verdict_changed: bool | None
    """Whether the verdicts differ. None: a verdict, or the number of runs, cannot settle it."""
    axes: tuple[SidePair, ...]
    """The axes that were measured in both and whose states differ."""
    succeeded: SidePair
    """Numbers of successful runs, without replays."""
    failed: SidePair
    """Numbers of failed runs, replays included."""
    metrics: tuple[MetricDifference, ...]
    paired: bool
    """Whether `metrics` compares runs with equal seeds; if not, it compares two samples."""

    @property
    def state(self) -> State:
        """How the outputs of runs with equal seeds compare."""
        return self.pairing.state

    def changes(self, allow_rounding: bool = False) -> tuple[str, ...]:
        """Return in words what differs; empty if nothing is known to differ.

        Args:
            allow_rounding: whether differences within the tolerance are left out.
        """
        return tuple(_changes(self, allow_rounding))


@dataclass(frozen=True)
class SweepDifference:
    """How two sweeps compare."""

    a: str
    """The path of A."""
    b: str
    """The path of B."""
    configurations: tuple[ConfigurationDifference, ...]
    """The configurations that both have, in the order of A."""
    only_a: tuple[str, ...]
    """Names of configurations that B does not have."""
    only_b: tuple[str, ...]
    """Names of configurations that A does not have."""
    environment: tuple[SidePair, ...] | None
    """The environment's keys that differ. Each value is a tuple of the distinct values that runs
    recorded. None if a side recorded no environment."""
    confidence: float
    """The confidence of all intervals of metrics together, in (0, 1)."""
    problems: tuple[str, ...]
    """Records that are missing or could not be used, each with the reason."""

    def is_same(self, allow_rounding: bool = False) -> bool:
        """Return whether nothing is known to differ.

        Args:
            allow_rounding: whether differences within the tolerance are left out.
        """
        alone = self.only_a or self.only_b
        return not (alone or self.problems) and not any(
            each.changes(allow_rounding) for each in self.configurations
        )


def compare_sweeps(a: Snapshot, b: Snapshot) -> SweepDifference:
    """Compare two sweeps, a sweep and a lock, or two locks."""
    if a.locked != b.locked:
        a, b = (each if each.locked else shorten(each) for each in (a, b))
    places = match(a.configurations, b.configurations)
    pairs = [(a.configurations[i], b.configurations[j]) for i, j in places.items()]
    pairings = [pair_runs(*pair) for pair in pairs]
    unpaired = [p for p, pairing in zip(pairs, pairings, strict=True) if not pairing.pairs]
    confidence = min((each.confidence for pair in pairs for each in pair), default=0.95)
    each_confidence = share_confidence(
        confidence, sum(count_samples(one.metrics, other.metrics) for one, other in unpaired)
    )
    varied = find_varied([each.overrides for each in (*a.configurations, *b.configurations)])
    only_a = [each for i, each in enumerate(a.configurations) if i not in places]
    only_b = [each for j, each in enumerate(b.configurations) if j not in places.values()]
    return SweepDifference(
        a=a.name,
        b=b.name,
        configurations=tuple(
            _describe(place, *pair, pairing, each_confidence, varied)
            for place, pair, pairing in zip(places, pairs, pairings, strict=True)
        ),
        only_a=tuple(name_of(each.overrides, varied) for each in only_a),
        only_b=tuple(name_of(each.overrides, varied) for each in only_b),
        environment=(
            differing_sides(_keep_known(a.environment), _keep_known(b.environment))
            if a.environment and b.environment
            else None
        ),
        confidence=confidence,
        problems=(*a.problems, *b.problems),
    )


def _keep_known(environment: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """Return an environment without keys of which every run recorded that there is no value.

    An earlier version may not have recorded the key at all, which says the same.
    """
    return {key: values for key, values in environment.items() if {*map(repr, values)} - {"None"}}


def match(a: Sequence[Configuration], b: Sequence[Configuration]) -> dict[int, int]:
    """Find the configurations that both sweeps have.

    They are matched by id, then by overrides, because a change of a default or of the schema
    changes the ids.

    Returns:
        Index in `a`, ascending, to index in `b`.
    """
    found: dict[int, int] = {}
    keys: tuple[Callable[[Configuration], Hashable], ...] = (_identify, lambda x: x.id, _say)
    for key in keys:
        free: dict[Hashable, list[int]] = {}
        for j in sorted(set(range(len(b))) - set(found.values())):
            free.setdefault(key(b[j]), []).append(j)
        for i, one in enumerate(a):
            if i not in found and free.get(key(one)):
                found[i] = free[key(one)].pop(0)
    return dict(sorted(found.items()))


def _say(each: Configuration) -> Hashable:
    return tuple(sorted(each.overrides.items()))


def _identify(each: Configuration) -> Hashable:
    return each.id, _say(each)


def find_varied(overrides: Sequence[Mapping[str, str]]) -> set[str]:
    """Return the overridden keys whose values differ between configurations."""
    keys = {key for each in overrides for key in each}
    return {key for key in keys if len({each.get(key) for each in overrides}) > 1}


def name_of(overrides: Mapping[str, str], varied: set[str]) -> str:
    """Return the overrides that tell a configuration apart, such as `seed=fixed shuffle=on`."""
    return " ".join(f"{key}={value}" for key, value in overrides.items() if key in varied)


def _describe(
    place: int,
    a: Configuration,
    b: Configuration,
    pairing: Pairing,
    confidence: float,
    varied: set[str],
) -> ConfigurationDifference:
    tolerance = a.tolerance.stricter(b.tolerance)
    metrics = (
        compare_paired(pairing.pairs, tolerance)
        if pairing.pairs
        else compare_samples(a.metrics, b.metrics, confidence)
    )
    unmeasured = (None, State.UNMEASURED)
    return ConfigurationDifference(
        name=name_of(a.overrides, varied),
        place=place,
        overrides=a.overrides,
        ids=SidePair("configuration", a.id, b.id),
        config=differing_sides(*map(with_later_defaults, (a.config, b.config)))
        if a.config and b.config
        else (),
        pairing=pairing,
        verdict=SidePair("verdict", a.verdict, b.verdict),
        verdict_changed=_is_verdict_changed(a, b),
        axes=tuple(
            pair
            for pair in differing_sides(a.axes, b.axes)
            if pair.a not in unmeasured and pair.b not in unmeasured
        ),
        succeeded=SidePair("runs", a.succeeded, b.succeeded),
        failed=SidePair("failed", a.failed, b.failed),
        metrics=metrics,
        paired=bool(pairing.pairs),
    )


def _is_verdict_changed(a: Configuration, b: Configuration) -> bool | None:
    """Return whether the verdicts differ; None if that cannot be settled.

    It cannot if a verdict says too little. Nor can it if the side whose runs agree has fewer runs
    than the side whose runs differ: a chance of one in five shows more easily in five runs than in
    two.
    """
    if Verdict.INSUFFICIENT in (a.verdict, b.verdict):
        return None
    if a.verdict is Verdict.FAILED and b.verdict is Verdict.FAILED:
        return None
    for one, other in ((a, b), (b, a)):
        parted = one.verdict.repeats is False and other.verdict.repeats
        if parted and other.succeeded < one.succeeded:
            return None
    return a.verdict is not b.verdict


def _changes(found: ConfigurationDifference, allow_rounding: bool) -> Iterator[str]:
    pairing = found.pairing
    where = f", first at {pairing.first} in build {pairing.build}" if pairing.first else ""
    size = f", by at most {pairing.max_abs_diff:.3g}" if pairing.max_abs_diff else ""
    if pairing.state is State.DIFFERS:
        yield f"outputs differ{' (by their digests)' if pairing.by_digest else ''}{where}{size}"
    elif pairing.state is State.ROUNDING and not allow_rounding:
        yield f"outputs differ by rounding{where}{size}"
    elif pairing.unseen:
        yield f"outputs on the probe are the same, and runs are not{where}"
    metrics = ", ".join(_metric_changes(found, allow_rounding))
    if metrics:
        yield f"metrics differ: {metrics}"
    if found.verdict_changed and not (allow_rounding and _is_only_rounded(found.verdict)):
        yield f"verdict {found.verdict.a} -> {found.verdict.b}"
    elif not found.verdict_changed and (side := _repeats_only_in(found)):
        yield f"equal seeds repeat a run in {side} only"
    if found.verdict_changed is not True and bool(found.failed.a) != bool(found.failed.b):
        side = "A" if found.failed.a else "B"
        count = found.failed.a or found.failed.b
        yield f"{plural(count, 'run')} failed in {side} only"


def _metric_changes(found: ConfigurationDifference, allow_rounding: bool) -> Iterator[str]:
    passed = (State.SAME, State.UNMEASURED, *([State.ROUNDING] if allow_rounding else []))
    for each in found.metrics:
        if each.state in passed:
            continue
        if each.only:
            yield f"{each.name} is in {each.only} only"
        elif found.paired:
            yield each.name if each.largest is None else f"{each.name} by {each.largest:.3g}"
        else:
            yield f"{each.name} by {each.difference:.3g} ({each.low:.3g} to {each.high:.3g})"


def _is_only_rounded(verdict: SidePair) -> bool:
    return {verdict.a.runs, verdict.b.runs} == {State.SAME, State.ROUNDING}


def _repeats_only_in(found: ConfigurationDifference) -> str | None:
    """Return the side, "A" or "B", that alone repeats runs with equal seeds.

    None: there is no such side, or it has fewer runs than the other and may agree by chance.
    """
    a, b = found.pairing.repeats
    if (a, b) == (True, False) and found.succeeded.a >= found.succeeded.b:
        return "A"
    if (a, b) == (False, True) and found.succeeded.b >= found.succeeded.a:
        return "B"
    return None
