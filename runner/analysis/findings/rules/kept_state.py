"""OBS3xx, the model."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView


def kept_state(view: ConfigurationView) -> Iterator[Observation]:
    """A recurrent layer that begins a call with the state in which the one before ended.

    ## What it sees

    Calls of one model on the same inputs differ, and a recurrent layer of the model is stateful.

    ## Why it matters

    A prediction depends on what the model was called on before, training and evaluation included,
    although nothing random is drawn.

    ## What to change

    Use `stateful: false`, unless each batch goes on where the one before ended; then reset the
    states before each sequence.
    """
    for layer, facts in view.group_build_facts("kept-state").items():
        yield Observation(
            layer,
            f"{layer} is stateful, and calls on the same inputs differ.",
            "Use stateful=false, or reset the states before each sequence.",
            len(facts),
            len(view.builds),
            "build",
        )
