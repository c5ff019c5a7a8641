"""OBS406, where it must speak and where it must not."""

from __future__ import annotations

import numpy as np
from findings_of import find_in, of_code

from runner.record.reasons import Clause

KNOWN = [[], [Clause("metric", name, {"class": "Mean"}) for name in ("loss", "accuracy")]]


def runs_of(accuracies, outputs: str, **fields) -> list[dict]:
    return [
        {
            "metrics": [{"loss": index * 1.0, "accuracy": value}] * 2,
            "fingerprints": [{"data": "d", "outputs": digest}] * 2,
            "build_facts": KNOWN,
            **fields,
        }
        for index, (value, digest) in enumerate(zip(accuracies, outputs, strict=True))
    ]


def test_fires(tmp_path):
    (found,) = of_code(find_in(tmp_path, runs_of((0.25, 0.25, 0.25), "abc")), "OBS406")
    assert found.observation.seen == (
        "accuracy is 0.25 in all of 3 runs, though no two have the same outputs."
    )


def test_fires_and_says_that_one_label_is_predicted(tmp_path):
    values = np.full((2, 2, 4, 3), (0.1, 0.7, 0.2), np.float32)
    runs = runs_of((0.25, 0.25, 0.25), "abc", values=values)
    (found,) = of_code(find_in(tmp_path, runs), "OBS406")
    assert found.observation.seen.endswith(", and all predict one label for every input.")


def test_quiet(tmp_path):
    for index, (values, outputs) in enumerate(
        [((0.25, 0.25, 0.5), "abc"), ((0.25, 0.25, 0.25), "aba"), ((0.25, 0.25), "ab")]
    ):
        found = find_in(tmp_path / str(index), runs_of(values, outputs))
        assert not of_code(found, "OBS406")


def test_quiet_for_numbers_that_are_no_metrics_of_keras(tmp_path):
    runs = runs_of((0.0, 0.0, 0.0), "abc", build_facts=[])
    assert not of_code(find_in(tmp_path, runs), "OBS406")
