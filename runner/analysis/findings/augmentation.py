"""What is known of how an augmentation draws, for the rules and the advice about it."""

from __future__ import annotations

from dataclasses import dataclass

from runner.analysis.findings.view import ConfigurationView
from runner.record.reasons import Clause

BY_LAYER = (
    "Augment by a Keras layer, as train=augmented_layer does: its generator goes on from epoch"
    " to epoch, and still repeats under a seed."
)
"""What to change where an augmentation draws the same in each epoch."""

MAX_CHANCE = 1e-6
"""Chance that two passes give the same results, below which that is no coincidence."""


@dataclass(frozen=True)
class Draws:
    """What an augmentation made of one row that it was given again and again, in two passes."""

    fact: Clause

    @property
    def count(self) -> int:
        """Return how many times the row was given in each pass."""
        return int(self.fact.numbers["draws"].high)

    @property
    def distinct(self) -> int:
        """Return how many different results there were in the first pass."""
        return int(self.fact.numbers["distinct"].high)

    @property
    def constant(self) -> bool:
        """Return whether all results were the same."""
        return self.distinct == 1 and self._repeats

    @property
    def restarts(self) -> bool:
        """Return whether results differ one by one, and the second pass repeats those of the first.

        An augmentation that seldom acts may do so by chance.
        """
        chance = (self.fact.numbers["commonest"].high / self.count) ** self.count
        return self._repeats and chance < MAX_CHANCE

    @property
    def cached(self) -> bool:
        """Return whether a cache keeps the augmented rows."""
        return "cache" in self._behind("augment")

    @property
    def shuffled(self) -> bool:
        """Return whether rows are shuffled before they are augmented."""
        return "augment" in self._behind("shuffle")

    @property
    def _repeats(self) -> bool:
        return bool(self.fact.numbers["same"].high == self.fact.numbers["draws"].high)

    def _behind(self, stage: str) -> list[str]:
        stages = self.fact.words["stages"].split(", ")
        return stages[stages.index(stage) + 1 :] if stage in stages else []


def find_draws(view: ConfigurationView) -> Draws | None:
    """Return what was measured of the augmentation if all runs agree; None otherwise."""
    facts = [fact for _, fact in view.find_build_facts("augment-draws")]
    if not facts or any(fact != facts[0] for fact in facts):
        return None
    return Draws(facts[0])
