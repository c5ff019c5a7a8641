"""Compares a run with its reference while it is made, stage by stage, and ends it where they part.

The reference is a run with the same seeds that was made whole. Only stages that both have reached
are compared: that one of them has further stages is no difference that was seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from runner.record.stages import LOGS, Fingerprints, kind_of


class PartedError(BaseException):
    """Ends a run that has parted from its reference; no `except Exception` of a user's holds it."""


@dataclass
class DivergenceWatch:
    """What a run has reached so far, and what its reference has there."""

    reference: Sequence[Fingerprints] = ()
    """Stage to digest of each build of the reference; empty: the run has none, and is not ended."""
    builds: list[dict[str, str]] = field(default_factory=list)
    """Stage to digest of each build, as far as they were reached; empty without a reference."""
    parted: str | None = None
    """The stage at which the run parted from its reference; None: it has not."""

    def reach(self, build: int, stages: Fingerprints) -> None:
        """Compare stages that a build has just reached with those of the reference.

        What Keras logs may hold the time, and is not compared.

        Raises:
            PartedError: One of them is another one. Whoever catches it, the run counts as parted.
        """
        if not self.reference:
            return
        while len(self.builds) <= build:
            self.builds.append({})
        expected = self.reference[build] if build < len(self.reference) else {}
        for stage, digest in stages.items():
            self.builds[build][stage] = digest
            if kind_of(stage) != LOGS and expected.get(stage, digest) != digest:
                self.parted = self.parted or stage
                raise PartedError(stage)
