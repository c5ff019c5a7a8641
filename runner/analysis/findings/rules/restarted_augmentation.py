"""OBS1xx, randomness."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.augmentation import BY_LAYER, find_draws
from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.rules.repeated_augmentation import repeated_augmentation
from runner.analysis.findings.view import ConfigurationView


def restarted_augmentation(view: ConfigurationView) -> Iterator[Observation]:
    """Augmentation that draws the same numbers in every epoch, for rows in another order.

    ## What it sees

    At the end of a run the stage `augment` is given one and the same row, again and again, in two
    passes over a dataset, as an epoch of training is one pass. It makes other rows of it each time,
    and the second pass gives those of the first, one by one. Rows are shuffled before the stage.

    ## Why it matters

    The k-th row of every epoch gets the k-th draw, whichever row that is. So there are only as many
    draws as an epoch has rows, and training sees less variety than it seems.

    ## What to change

    A stateful random operation inside `Dataset.map` starts anew in each epoch once a seed is set. A
    Keras layer, such as `keras.layers.GaussianNoise`, keeps a generator whose state goes on from
    epoch to epoch: `train=augmented_layer`.
    """
    draws = find_draws(view)
    if draws is None or not draws.restarts or not draws.shuffled or draws.cached:
        return
    if any(repeated_augmentation(view)):
        return
    facts = [run for run, _ in view.find_build_facts("augment-draws")]
    yield Observation(
        "augment",
        f"Given one row {draws.count} times in each of two passes, the augmentation made"
        f" {draws.distinct} different rows of it in the first, and the same ones in the same order"
        f" in the second (in {len(facts)} of {len(view.runs)} runs).",
        BY_LAYER,
        len(facts),
        len(view.runs),
    )
