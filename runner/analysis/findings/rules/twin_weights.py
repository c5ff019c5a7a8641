"""OBS1xx, randomness."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView


def twin_weights(view: ConfigurationView) -> Iterator[Observation]:
    """Several layers of a model that begin with the same random weights.

    ## What it sees

    Initial weights of two layers or more are the same, bit for bit, and are not one constant.

    ## Why it matters

    Layers that begin alike compute alike: side by side they learn the same, and the model has fewer
    ways to begin than its weights suggest.

    ## What to change

    An initializer object draws its seed when it is made, and gives the same values of a shape at
    every call; so does one with a `seed`. Give each layer an initializer of its own, by name or
    made anew, or seeds that differ.
    """
    for first, facts in view.group_build_facts("twin-weights").items():
        yield Observation(
            f"init/{first}",
            f"The initial weights {first} and {facts[0].words['others']} are the same.",
            "Give each layer an initializer of its own.",
            len(facts),
            len(view.builds),
            "build",
        )
