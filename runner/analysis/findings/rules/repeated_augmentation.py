"""OBS1xx, randomness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from runner.analysis.findings.augmentation import BY_LAYER, Draws, find_draws
from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import Build, ConfigurationView

CACHED = (
    "Put the stage cache before augment in train.pipeline: behind it, the rows of the first epoch"
    " are kept."
)


def repeated_augmentation(view: ConfigurationView) -> Iterator[Observation]:
    """Augmented rows that are the same in every epoch.

    ## What it sees

    The rows that reach training after the stage `augment` are the same, bit for bit, in two or more
    epochs of a build: all of them, in the same order; or, where the order varies, each of about 64
    rows that are watched.

    ## Why it matters

    Augmentation is meant to show other variants of a row in each epoch; repeated, it is one fixed
    copy of the data.

    ## What to change

    A stateful random operation inside `Dataset.map` starts anew in each epoch once a seed is set.
    A Keras layer, such as `keras.layers.GaussianNoise`, keeps a generator whose state goes on from
    epoch to epoch, so its numbers vary and still repeat under a seed: `train=augmented_layer`.

    A stage `cache` behind `augment` keeps the rows of the first epoch, whatever draws them. A
    function that draws nothing may be meant so: then `ignore` the finding.
    """
    builds = [build for build in view.builds if len(build.digests_of("augment")) > 1]
    # The order is the same: all rows are compared.
    whole = {i: found for i, each in enumerate(builds) if (found := _repeats(each))[0] > 1}
    # It is not: watched rows are.
    watched = {i: found for i, each in enumerate(builds) if (found := _keeps(each))[0] > 1}
    shown, what = whole, "The augmented rows are the same"
    if len(watched) > len(whole):
        shown, what = watched, "Each row is augmented to the same numbers"
    if not shown:
        return
    same, epochs = Counter(shown.values()).most_common(1)[0][0]
    how = f"each of {epochs}" if same == epochs else f"{same} of {epochs}"
    order = ", in whatever order it comes" if shown is watched else ""
    yield Observation(
        "augment",
        f"{what} in {how} epochs{order} (in {len(shown)} of {len(builds)} builds).",
        _advise(find_draws(view)),
        len(shown),
        len(builds),
        "build",
    )


def _repeats(build: Build) -> tuple[int, int]:
    """Return in how many epochs all augmented rows were the same, and the number of epochs."""
    digests = build.digests_of("augment")
    return max(Counter(digests.values()).values()), len(digests)


def _keeps(build: Build) -> tuple[int, int]:
    """Return in how many epochs every watched row was as in the first, and the number of epochs."""
    for fact in build.facts:
        if fact.code == "augmented-rows":
            return int(fact.numbers["same"].high), int(fact.numbers["epochs"].high)
    return 0, 0


def _advise(draws: Draws | None) -> str:
    if draws is None:
        return BY_LAYER
    if draws.cached:
        return f"{CACHED} {BY_LAYER}" if draws.restarts else CACHED
    if draws.constant:
        return (
            f"The function gave the same for one row {draws.count} times: let it draw, or ignore"
            " this finding where it is meant so."
        )
    return BY_LAYER
