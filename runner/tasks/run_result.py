"""The result of one run, the same for every task."""

from __future__ import annotations

from dataclasses import dataclass, field

from runner.record.reasons import Clause, Reason
from runner.record.record import OutputPart, RunArrays
from runner.record.timeline import Timeline


@dataclass(frozen=True)
class RunResult:
    """The result of one run. Lists have one item per build."""

    arrays: RunArrays
    metrics: list[dict[str, float]]
    """Metric to value."""
    fingerprints: list[dict[str, str]]
    """Stage to digest, in causal order."""
    digest: str
    """Digest of the outputs: their type, shape and bits."""
    collapse: list[Reason | None] = field(default_factory=list)
    """Where and why the outputs stopped depending on the input. None means that they depend on it,
    or that the reason is unknown; an empty list, that the task cannot tell."""
    facts: list[Clause] = field(default_factory=list)
    """Measurements of the data and the surroundings, which rules for findings judge."""
    build_facts: list[list[Clause]] = field(default_factory=list)
    """The same of each build's model; empty where the task measures none."""
    history: list[dict[str, list[float]]] = field(default_factory=list)
    """What was logged of each epoch, by name; empty where the task logs nothing."""
    output_parts: list[OutputPart] = field(default_factory=list)
    """The outputs of a model that has several; empty for one."""
    timelines: list[Timeline] = field(default_factory=list)
    """What was seen of a script, by build; empty where nothing is watched."""
