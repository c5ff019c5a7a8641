"""OBS1xx, randomness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView


def repeated_augmentation(view: ConfigurationView) -> Iterator[Observation]:
    """Augmented rows that are the same in every epoch.

    ## What it sees

    The rows that reach training after the stage `augment` are the same, bit for bit and in the same
    order, in two or more epochs of a build.

    ## Why it matters

    Augmentation is meant to show other variants of a row in each epoch; repeated, it is one fixed
    copy of the data.

    ## What to change

    A stateful random operation inside `Dataset.map` starts anew in each epoch once a seed is set.
    A Keras layer, such as `keras.layers.GaussianNoise`, keeps a generator whose state goes on from
    epoch to epoch, so its numbers vary and still repeat under a seed: `train=augmented_layer`.
    """
    found: Counter[tuple[int, int]] = Counter()
    builds = [digests for each in view.builds if len(digests := each.digests_of("augment")) > 1]
    for digests in builds:
        most = max(Counter(digests.values()).values())
        if most > 1:
            found[most, len(digests)] += 1
    if not found:
        return
    affected = sum(found.values())
    same, epochs = found.most_common(1)[0][0]
    how = f"each of {epochs}" if same == epochs else f"{same} of {epochs}"
    yield Observation(
        "augment",
        f"The augmented rows are the same in {how} epochs (in {affected} of {len(builds)} builds).",
        "Augment by a Keras layer, as train=augmented_layer does: its generator goes on from epoch"
        " to epoch, and still repeats under a seed.",
        affected,
        len(builds),
        "build",
    )
