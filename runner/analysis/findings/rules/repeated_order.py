"""OBS1xx, randomness."""

from __future__ import annotations

import math
from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.record.reasons import Clause
from runner.record.stages import KERAS_SHUFFLE

MAX_CHANCE = 1e-6
"""Chance that two shuffles give one order, below which they are no coincidence."""


def repeated_order(view: ConfigurationView) -> Iterator[Observation]:
    """Rows that are shuffled, and come in one order in every epoch.

    ## What it sees

    Two or more epochs of a build have the rows in the same order, although the stage `shuffle` is
    to draw another one in each (`shuffle.reshuffle`), or `fit` shuffles arrays
    (`train.feed=keras`), and there are so many orders that this is no coincidence.

    ## Why it matters

    Each epoch has the same batches, in the same order, so that training depends on one order and
    sees less variety than shuffling is meant to give.

    ## What to change

    A stage `cache` behind `shuffle` keeps the rows of the first epoch together with their order.
    Put `cache` before `shuffle` in `train.pipeline`. Under a seed, `fit` itself shuffles arrays to
    one order in every epoch (measured with Keras 3.15.1): `train.feed=pipeline` draws another one
    in each, and still repeats.
    """
    facts = [fact for _, fact in view.find_build_facts("orders")]
    found = [fact for fact in facts if _is_repeated(fact)]
    if not found:
        return
    same, epochs = found[0].numbers["same"].high, found[0].numbers["epochs"].high
    how = f"each of {epochs}" if same == epochs else f"{same} of {epochs}"
    stages = found[0].words["stages"].split(", ")
    advice = ""
    if KERAS_SHUFFLE in stages:
        advice = "Under a seed fit itself does that to arrays: use train.feed=pipeline."
    elif "cache" in stages[stages.index("shuffle") :]:
        advice = "Put the stage cache before shuffle in train.pipeline."
    yield Observation(
        "order",
        f"The rows come in the same order in {how} epochs, although they are shuffled (in"
        f" {len(found)} of {len(facts)} builds).",
        advice,
        len(found),
        len(facts),
        "build",
    )


def _is_repeated(fact: Clause) -> bool:
    numbers = {name: int(each.high) for name, each in fact.numbers.items()}
    if numbers["same"] < 2 or not numbers["reshuffle"]:
        return False
    if not {"shuffle", KERAS_SHUFFLE} & {*fact.words["stages"].split(", ")}:
        return False
    return count_orders(numbers["items"], numbers["buffer"]) > -math.log(MAX_CHANCE)


def count_orders(items: int, buffer: int) -> float:
    """Return the logarithm of the number of orders that a shuffle can give.

    Args:
        items: how many rows, or batches, are shuffled.
        buffer: how many of them the next one is drawn from, at most `items`.
    """
    return (items - buffer) * math.log(max(buffer, 1)) + math.lgamma(buffer + 1)
