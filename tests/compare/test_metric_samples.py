"""One metric of stored sweeps, and what is known of it beyond the rows that were evaluated."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import write

from runner.compare.metric_samples import read_samples
from runner.statistics.true_variance import estimate_true_variance

TARGETS = np.arange(40) % 3


def outputs_of(wrong):
    """Return outputs (1, 1, row, unit) whose labels are wrong in these rows (row,)."""
    labels = (TARGETS + wrong) % 3
    return np.eye(3, dtype=np.float32)[labels][None, None]


def sweep(directory, accuracy=None, targets=TARGETS, runs=6):
    """Write runs that are wrong in rows of their own; return (run, row), where they are wrong."""
    wrong = np.random.default_rng(0).random((runs, len(TARGETS))) < 0.3
    for job, row in enumerate(wrong):
        share = 1 - row.mean() if accuracy is None else accuracy
        metrics = [{"accuracy": float(share), "loss": 0.1 * job}]
        write(
            directory, job, outputs_of(row), targets=targets, metrics=metrics, digest=f"{job:016}",
            fingerprints=[{"outputs": str(job)}],
        )  # fmt: skip
    return wrong


def test_the_variance_on_all_data_is_estimated_from_labels(tmp_path):
    wrong = sweep(tmp_path)
    (sample,) = read_samples(tmp_path).samples
    assert sample.true_variance == estimate_true_variance(wrong)
    assert sample.probe_rows == len(TARGETS)
    assert sample.true_variance < np.var(sample.values, ddof=1)


@pytest.mark.parametrize(
    "changes",
    [{"accuracy": 0.5}, {"targets": None}, {"targets": TARGETS + 1}, {"targets": TARGETS - 1}],
)
def test_it_is_missing_where_the_metric_is_not_the_accuracy_on_the_probe(tmp_path, changes):
    sweep(tmp_path, **changes)
    (sample,) = read_samples(tmp_path).samples
    assert (sample.true_variance, sample.probe_rows) == (None, 0)


def test_of_another_metric_it_is_missing(tmp_path):
    sweep(tmp_path)
    (sample,) = read_samples(tmp_path, "loss").samples
    assert sample.true_variance is None


def test_of_one_run_it_is_missing(tmp_path):
    sweep(tmp_path, runs=1)
    (sample,) = read_samples(tmp_path).samples
    assert sample.true_variance is None
