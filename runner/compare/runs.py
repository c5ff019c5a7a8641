"""Compares two runs, stage by stage and element by element, and says what may explain a difference.

Everything here is pure: records and arrays go in, dataclasses come out. The two runs, `a` and `b`,
may come from any sweeps, machines and configurations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from runner.analysis.divergence import find_differing, find_divergence
from runner.analysis.findings.script_causes import find_causes
from runner.analysis.findings.script_wording import MAX_NAMED, word_cause
from runner.compare.output_distance import OutputsDifference, diff_outputs
from runner.compare.row_sets import describe_reordering
from runner.numeric.bitwise import Tolerance
from runner.numeric.verdicts import State
from runner.record.record import RunArrays, RunRecord
from runner.record.stages import (
    DRIVEN,
    IMPLEMENTATION,
    RESULTS,
    STEP,
    Fingerprints,
    is_traced,
    kind_of,
    order_stages,
)

HASH_SEED = "hash_seed"
"""Name of the hash seed among what the environments differ in."""


class StageState(StrEnum):
    """How one stage of two builds compares."""

    SAME = "same"
    DIFFERS = "differs"
    ONLY_A = "only in A"
    ONLY_B = "only in B"
    UNMEASURED = "not compared"
    """One build has this step, but the other was not traced by steps, which is no difference."""
    UNREACHED = "not reached"
    """One build has this stage, and the run of the other was ended before it."""


PASSED = (StageState.SAME, StageState.UNMEASURED, StageState.UNREACHED)
"""The states of stages in which no difference was seen."""


@dataclass(frozen=True)
class Stage:
    """A stage of one build, with its digest in each run; None if a run does not have the stage."""

    name: str
    a: str | None
    b: str | None
    state: StageState


@dataclass(frozen=True)
class SidePair:
    """A value of each of two sides, such as two runs; None for a side without the value."""

    name: str
    a: Any
    b: Any

    @property
    def same(self) -> bool:
        """Whether the values are the same to the last bit; NaN is the same as NaN."""
        return repr(self.a) == repr(self.b)


def pair_sides(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[SidePair, ...]:
    """Pair the values of each key of two mappings; a key may be in one of them only."""
    return tuple(SidePair(name, a.get(name), b.get(name)) for name in {**a, **b})


def differing_sides(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[SidePair, ...]:
    """Return the pairs whose values are not the same."""
    return tuple(pair for pair in pair_sides(a, b) if not pair.same)


@dataclass(frozen=True)
class BuildDifference:
    """How one build of two runs compares."""

    stages: tuple[Stage, ...]
    """The stages in causal order; empty if a run recorded no stage or does not have the build."""
    metrics: tuple[SidePair, ...]
    """All metrics of the build, also those of one run only."""
    first: str | None
    """The first stage that is not the same; None if all compared stages are the same."""
    only: StageState | None = None
    """Which run has the build if only one does; None if both do."""

    @property
    def differs(self) -> bool:
        """Whether a stage or a metric is not the same, or only one run has the build."""
        return bool(self.first or self.only or self.differing_metrics)

    @property
    def differing_metrics(self) -> tuple[str, ...]:
        """Names of the metrics that both runs have and that are not the same."""
        both = (pair for pair in self.metrics if None not in (pair.a, pair.b))
        return tuple(pair.name for pair in both if not pair.same)


@dataclass(frozen=True)
class RunDifference:
    """Everything that a comparison of two runs finds."""

    facts: tuple[SidePair, ...]
    """Configuration, status, where a run was ended, replicate and seeds, also where equal."""
    overrides: tuple[SidePair, ...]
    """The overrides that differ."""
    environment: tuple[SidePair, ...] | None
    """The environment's keys that differ; None if a run recorded no environment."""
    builds: tuple[BuildDifference, ...]
    outputs: OutputsDifference | None
    """How the outputs compare; None if a run kept no outputs."""
    digests: SidePair
    """The digest of all outputs of each run."""
    watched: frozenset[str]
    """The stages that were seen by watching; what ran named the others itself."""
    same: bool | None
    """Whether all that both runs recorded is bitwise the same; None if nothing was compared."""
    conclusion: str
    """One sentence that says how the runs compare and, if they part, where and why."""


def diff_runs(
    a: RunRecord, b: RunRecord, arrays_a: RunArrays | None = None, arrays_b: RunArrays | None = None
) -> RunDifference:
    """Compare all that was recorded of two runs.

    Args:
        a: the record of one run.
        b: the record of the other; swapping the two swaps the sides, and changes nothing else.
        arrays_a: the outputs that `a` kept; None if it kept none.
        arrays_b: the outputs that `b` kept; None if it kept none.
    """
    builds = _diff_builds(a, b)
    outputs = None
    if arrays_a is not None and arrays_b is not None:
        sizes = [each.units for each in a.output_parts] if a.output_parts == b.output_parts else []
        outputs = diff_outputs(arrays_a, arrays_b, _stricter(a, b), sizes)
    digests = SidePair("digest", a.digest, b.digest)
    same = _is_same(a, b, builds, outputs, digests)
    environment = None
    if a.environment and b.environment:
        environment = differing_sides(
            {**a.environment, HASH_SEED: a.hash_seed}, {**b.environment, HASH_SEED: b.hash_seed}
        )
    return RunDifference(
        facts=_facts(a, b),
        overrides=differing_sides(a.configuration.overrides, b.configuration.overrides),
        environment=environment,
        builds=builds,
        outputs=outputs,
        digests=digests,
        watched=frozenset(stage for each in (*a.timelines, *b.timelines) for stage in each.groups),
        same=same,
        conclusion=_conclude(a, b, builds, environment or (), same),
    )


def align_stages(
    a: Fingerprints, b: Fingerprints, cut: tuple[bool, bool] = (False, False)
) -> tuple[Stage, ...]:
    """Return the stages of two builds side by side, in causal order.

    Args:
        a: stage to digest of one build.
        b: stage to digest of the other.
        cut: of each, whether its run was ended in this build.
    """
    differing = find_differing([a, b])
    stages = []
    for name in order_stages([a, b]):
        both = name in a and name in b
        if (name not in a and cut[0]) or (name not in b and cut[1]):
            state = StageState.UNREACHED
        elif kind_of(name) == STEP and not (is_traced(a) and is_traced(b)):
            state = StageState.UNMEASURED
        elif name not in differing and not both:
            state = StageState.UNMEASURED  # an epoch that the training of one of them did not reach
        elif name not in differing:
            state = StageState.SAME
        elif both:
            state = StageState.DIFFERS
        else:
            state = StageState.ONLY_A if name in a else StageState.ONLY_B
        stages.append(Stage(name, a.get(name), b.get(name), state))
    return tuple(stages)


def _diff_builds(a: RunRecord, b: RunRecord) -> tuple[BuildDifference, ...]:
    recorded = bool(a.fingerprints and b.fingerprints)
    found = []
    for ours, theirs, metrics_a, metrics_b in zip_longest(
        a.fingerprints, b.fingerprints, a.metrics, b.metrics
    ):
        metrics = pair_sides(metrics_a or {}, metrics_b or {})
        if (ours is None and _is_ended(a)) or (theirs is None and _is_ended(b)):
            break  # an ended run reached neither this build nor a later one
        if recorded and (ours is None) != (theirs is None):
            only = StageState.ONLY_B if ours is None else StageState.ONLY_A
            found.append(BuildDifference((), metrics, None, only))
            continue
        cut = (_is_cut(a, len(found)), _is_cut(b, len(found)))
        stages = align_stages(ours or {}, theirs or {}, cut) if recorded else ()
        first = next((each.name for each in stages if each.state not in PASSED), None)
        found.append(BuildDifference(stages, metrics, first))
    return tuple(found)


def _is_ended(record: RunRecord) -> bool:
    """Return whether a run was ended where it had parted from another one."""
    return record.status == "ended"


def _is_cut(record: RunRecord, build: int) -> bool:
    """Return whether a run was ended in this build, which is the last that it began."""
    return _is_ended(record) and build == len(record.fingerprints) - 1


def _facts(a: RunRecord, b: RunRecord) -> tuple[SidePair, ...]:
    facts = [
        SidePair("configuration", a.configuration.id, b.configuration.id),
        SidePair("status", a.status, b.status),
        SidePair("ended_at", a.ended_at, b.ended_at),
        SidePair("error", _first_line(a.error), _first_line(b.error)),
        SidePair("replicate", a.replicate, b.replicate),
        SidePair("replay_of", a.replay_of, b.replay_of),
        SidePair("strategy", a.configuration.strategy, b.configuration.strategy),
    ]
    facts = [pair for pair in facts if (pair.a, pair.b) != (None, None)]
    seeds = pair_sides(a.seeds, b.seeds)
    return (*facts, *(SidePair(f"seeds.{pair.name}", pair.a, pair.b) for pair in seeds))


def _first_line(text: str | None) -> str | None:
    return text and text.partition("\n")[0]


def _stricter(a: RunRecord, b: RunRecord) -> Tolerance:
    """Return the tolerance that both runs ask for, or the stricter one of the two."""
    ours, theirs = (each.configuration.compare for each in (a, b))
    return Tolerance(ours.rtol, ours.atol).stricter(Tolerance(theirs.rtol, theirs.atol))


def _is_same(
    a: RunRecord,
    b: RunRecord,
    builds: Sequence[BuildDifference],
    outputs: OutputsDifference | None,
    digests: SidePair,
) -> bool | None:
    if _is_ended(a) or _is_ended(b):
        differs = any(each.differs for each in builds) or "failed" in (a.status, b.status)
        return False if differs else None
    if a.status != b.status:
        return False
    differs = any(each.differs for each in builds) or not digests.same
    if differs or (outputs and outputs.state in (State.ROUNDING, State.DIFFERS)):
        return False
    return True if any(each.stages for each in builds) or digests.a is not None else None


def _conclude(
    a: RunRecord,
    b: RunRecord,
    builds: Sequence[BuildDifference],
    environment: Sequence[SidePair],
    same: bool | None,
) -> str:
    failed = [name for name, record in (("A", a), ("B", b)) if record.status == "failed"]
    if failed:
        who = "Both runs" if len(failed) == 2 else f"Run {failed[0]}"
        return f"{who} failed, so nothing shows that they give the same."
    if _is_ended(a) or _is_ended(b):
        return _conclude_ended(a, b, builds, environment)
    if same is None:
        return "Neither run recorded anything that could be compared."
    if repr(a) == repr(b):
        # Records of two runs differ at least in the time that these took.
        return "A and B are one record, which is the same as itself whatever the run does."
    if same:
        return "The runs are the same, bit for bit, in every stage, metric and output recorded."
    if parting := _describe_parting(a, b, builds, environment):
        return parting
    metrics = dict.fromkeys(name for build in builds for name in build.differing_metrics)
    if any(build.only for build in builds):
        counts = f"A and B have {len(a.fingerprints)} and {len(b.fingerprints)} builds"
        return f"{counts}; those that both have are the same in every stage."
    if metrics:
        return f"Every stage is the same, and metrics are not: {', '.join(metrics)}."
    return "The outputs are not the same, and no stage says where the runs part."


def _describe_parting(
    a: RunRecord, b: RunRecord, builds: Sequence[BuildDifference], environment: Sequence[SidePair]
) -> str | None:
    """Return a sentence that says where two runs first part, and why; None if no stage differs."""
    for number, build in enumerate(builds):
        if build.first is not None:
            where = next(each for each in build.stages if each.name == build.first)
            side = "" if where.state is StageState.DIFFERS else f", which is {where.state}"
            reason = _explain(a, b, number, build.first, environment)
            if build.first == "data" and (reordered := describe_reordering(a, b)):
                reason = f"{reordered}; {reason}"
            return f"The runs first part in build {number} at {build.first}{side}: {reason}."
    return None


def _conclude_ended(
    a: RunRecord, b: RunRecord, builds: Sequence[BuildDifference], environment: Sequence[SidePair]
) -> str:
    """Return how two runs compare up to where one was ended, or both were."""
    if repr(a) == repr(b):
        text = "A and B are one record."
    else:
        parting = _describe_parting(a, b, builds, environment)
        compared = any(each.state is StageState.SAME for build in builds for each in build.stages)
        equal = "Every stage that both runs reached is the same."
        text = parting or (equal if compared else "The runs have no stage that could be compared.")
    ended = [
        f"Run {name} was ended at {record.ended_at}"
        for name, record in (("A", a), ("B", b))
        if _is_ended(record)
    ]
    return (
        f"{text} {', and '.join(ended).replace('and Run', 'and run')}: nothing later was compared."
    )


def _explain(
    a: RunRecord, b: RunRecord, build: int, stage: str, environment: Sequence[SidePair]
) -> str:
    """Return what may explain the first stage that is not the same, as text after a colon."""
    kind = DRIVEN.get(kind_of(stage), kind_of(stage))
    seeds = _differing_seeds(a, b, kind)
    if a.configuration.id != b.configuration.id:
        keys = ", ".join(
            pair.name
            for pair in differing_sides(a.configuration.overrides, b.configuration.overrides)
        )
        text = f"the configurations differ{f' in {keys}' if keys else ''}"
        return f"{text}, and so do the {seeds}" if seeds else f"{text}, which may be why"
    causes = None if seeds else _name_causes(a, b, build, stage)
    if causes is not None:
        return causes
    if kind in RESULTS:
        text = "no recorded source differs before it"
        if _is_cut(a, build) or _is_cut(b, build):
            # Neither the order of the rows nor their augmentation is known before that.
            text += ", but what an epoch draws is only recorded at its end"
            return f"{text}; the {seeds} differ, which may be why" if seeds else text
        if seeds:
            return f"{text}, and the {seeds} differ, which may be why"
        sources = find_divergence([a.fingerprints[build:][:1], b.fingerprints[build:][:1]]).sources
        if IMPLEMENTATION in sources:
            text += ", which leaves the implementation"
        # Every process has another hash seed, which says nothing of what depends on it.
        keys = ", ".join(pair.name for pair in environment if pair.name != HASH_SEED)
        return f"{text}; the environments differ in {keys}" if keys else text
    text = f"the source {kind} drives it"
    if seeds:
        return f"{text}, and its {seeds} differ"
    if not (a.seeds or b.seeds):
        return f"{text}, and nothing was seeded"
    name = kind if kind in a.seeds else "value"
    same = a.seeds.get(name) if a.seeds.get(name) == b.seeds.get(name) else None
    return text if same is None else f"{text}, though its recorded seed is the same ({same})"


def _name_causes(a: RunRecord, b: RunRecord, build: int, stage: str) -> str | None:
    """Return which watched lines make two runs part at a stage; None where none was seen."""
    timelines = [each.timelines[build] for each in (a, b) if len(each.timelines) > build]
    causes = find_causes(timelines, stage) if len(timelines) == 2 else []
    return "; ".join(map(word_cause, causes[:MAX_NAMED])) or None


def _differing_seeds(a: RunRecord, b: RunRecord, kind: str) -> str:
    """Return the seeds that differ, such as "seeds (1 and 2)"; "" if none do.

    Only the seed of the source `kind` counts if it has its own, and otherwise the one seed of all.
    """
    own = kind in a.seeds or kind in b.seeds
    names = [kind] if own else ["value"] if "value" in {**a.seeds, **b.seeds} else [*a.seeds]
    pairs = [(a.seeds.get(name), b.seeds.get(name)) for name in names]
    found = [pair for pair in pairs if None not in pair and pair[0] != pair[1]]
    if not found:
        return ""
    return f"seeds ({found[0][0]} and {found[0][1]})" if len(found) == 1 else "seeds"
