"""What one run measured, whichever task it was."""

from __future__ import annotations

from dataclasses import dataclass, field

from runner.record.reasons import Reason
from runner.record.record import RunArrays


@dataclass(frozen=True)
class RunResult:
    """What one run measured. Lists have one item a build."""

    arrays: RunArrays
    metrics: list[dict[str, float]]
    fingerprints: list[dict[str, str]]
    """Stage to digest, in causal order."""
    digest: str
    """Of the outputs: type, shape and bits."""
    collapse: list[Reason | None] = field(default_factory=list)
    """Where and why the outputs stopped depending on the input; None: they do depend on it, or
    the reason is not known. Empty: the task cannot tell."""
