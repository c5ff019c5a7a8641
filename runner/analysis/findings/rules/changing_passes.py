"""OBS2xx, the data."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import Build, ConfigurationView
from runner.record.stages import is_of_epoch


def changing_passes(view: ConfigurationView) -> Iterator[Observation]:
    """A dataset that gives other rows, or another order, each time it is read.

    ## What it sees

    Rows that stream are read once before training, to count and fingerprint them, and again in each
    epoch unless the stage `cache` keeps them. In some epochs they were not the rows of that first
    reading, or came in another order.

    ## Why it matters

    A shuffle or an augmentation inside of the source is out of reach of `shuffle` and of the
    stages: under `seed=derived` it has no seed of its own, and its draws count as data.

    ## What to change

    Let the source give its rows in one order, and draw in `shuffle` and `train.augment`. To keep
    what the source draws, put `cache` first in `train.pipeline`: every epoch then has the rows of
    one pass.
    """
    found = [build for build in view.builds if _find_changed(build)]
    if not found:
        return
    changed = len(_find_changed(found[0]))
    epochs = sum(stage.startswith("order/") for stage in found[0].stages)
    yield Observation(
        "data",
        f"The source did not give the rows that it gave before training in {changed} of"
        f" {epochs} epochs (in {len(found)} of {len(view.builds)} builds).",
        "Let the source give its rows in one order, and draw in shuffle and train.augment; or put"
        " cache first in train.pipeline.",
        len(found),
        len(view.builds),
        "build",
    )


def _find_changed(build: Build) -> list[str]:
    """Return the stages of the epochs in which the rows were others than before training."""
    return [stage for stage in build.digests_of("data") if is_of_epoch(stage)]
