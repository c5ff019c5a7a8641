"""OBS4xx, metrics."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.numeric.labels import find_labels
from runner.record.reader import StoredRun
from runner.record.reasons import DIGITS
from runner.text import plural

FEWEST = 3
"""Runs below which an equal metric is taken for chance."""


def equal_metric(view: ConfigurationView) -> Iterator[Observation]:
    """A metric that is the same in all runs although their outputs differ.

    ## What it sees

    In three runs or more a metric of Keras's has one value, and no two runs have the same outputs.

    ## Why it matters

    The metric does not see what the runs differ in, so its SD of 0 says nothing about how far they
    vary. A model that predicts one class always has the accuracy of that class's share.

    ## What to change

    Look at a metric that moves with the outputs, such as the loss, or at the column `churn`; and
    measure on more test rows.
    """
    outputs = [run.record.fingerprints[0].get("outputs") for run in view.runs]
    if len(outputs) < FEWEST or None in outputs or len(set(outputs)) < len(outputs):
        return
    # Numbers that code of one's own returns need not follow from the outputs.
    known = view.group_build_facts("metric")
    for name in filter(known.__contains__, view.metric_names):
        values = view.metric(name)
        if len(values) < len(outputs) or not (values == values[0]).all():
            continue
        labels = {each for run in view.runs for each in _find_labels(run)}
        one = ", and all predict one label for every input" if len(labels) == 1 else ""
        yield Observation(
            name,
            f"{name} is {values[0]:.{DIGITS}g} in all of {plural(len(values), 'run')}, though no"
            f" two have the same outputs{one}.",
            "Look at a metric that moves with the outputs, such as the loss.",
            len(values),
            len(view.runs),
        )


def _find_labels(run: StoredRun) -> list[int]:
    """Return the labels that the first build of a run predicts; none for one unit."""
    if run.arrays is None or run.arrays.outputs.shape[-1] < 2:
        return []
    sizes = [each.units for each in run.record.output_parts]
    labels: list[int] = np.unique(find_labels(run.arrays.outputs[0, 0], sizes)).tolist()
    return labels
