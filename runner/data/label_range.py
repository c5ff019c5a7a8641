"""Checks that labels are numbers of a model's output units, before anything is trained on them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from runner.errors import ConfigError
from runner.numeric.bitwise import Array


def check_labels(targets: Mapping[str, Array], units: int, ignored: int | None = None) -> None:
    """Refuse labels that no output unit stands for.

    Args:
        targets: name of a part, as messages say it, to its labels (row, ...).
        units: number of output units.
        ignored: a label that the loss leaves out; None: there is none.

    Raises:
        ConfigError: a label is not in 0..units-1.
    """
    for part, labels in targets.items():
        if labels.dtype.kind not in "iuf" or not labels.size:
            continue
        bad = (labels < 0) | (labels >= units)
        if ignored is not None:
            bad &= labels != ignored
        if not bad.any():
            continue
        worst = labels[bad].max() if (labels[bad] >= units).any() else labels[bad].min()
        rows = int(bad.reshape(len(labels), -1).any(axis=1).sum())
        rule = (
            f"must be more than every label, as labels are numbers of units from 0 to {units - 1}"
        )
        shown = (
            f"{units}, and label {_shown(worst)}; {rows} of {len(labels)} {part} rows are outside"
        )
        hint = f"data.units={int(worst) + 1}" if worst >= units else None
        raise ConfigError("data.units", rule, shown, hint and f"{hint} would hold all of them")


def _shown(label: np.generic) -> str:
    value = label.item()
    return str(int(value)) if value == int(value) else str(value)
