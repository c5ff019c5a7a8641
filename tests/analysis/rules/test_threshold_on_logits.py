"""OBS402, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from findings_of import find_in, of_code

from runner.record.reasons import Clause, Number, between, count


def metric(outside=40, inside=6, others=0, threshold=0.5, kind="BinaryAccuracy") -> list:
    """A binary metric that is given 64 outputs."""
    numbers = {
        "targets": between(0, 1),
        "size": count(300),
        "others": count(others),
        "threshold": Number(threshold, threshold),
        "outputs": count(64),
        "given": between(-3.1, 4.2),
        "outside": count(outside),
        "between": count(inside),
    }
    return [[], [Clause("metric", "accuracy", {"class": kind}, numbers)]]


def test_fires(tmp_path):
    (found,) = of_code(find_in(tmp_path, [{"build_facts": metric()}] * 2), "OBS402")
    assert found.observation.seen == (
        "accuracy (BinaryAccuracy) counts outputs above 0.5 as 1, and outputs are no probabilities"
        " (-3.1 to 4.2): 6 of 64 lie between 0 and 0.5."
    )


@pytest.mark.parametrize(
    "fact",
    [
        metric(outside=0),
        metric(outside=3),
        metric(inside=0),
        metric(threshold=0.0),
        metric(others=300),
        metric(kind="Precision"),
    ],
)
def test_quiet(tmp_path, fact):
    assert not of_code(find_in(tmp_path, [{"build_facts": fact}] * 2), "OBS402")


def test_quiet_where_nothing_was_measured(tmp_path):
    facts = [[], [Clause("metric", "accuracy", {"class": "BinaryAccuracy"})]]
    assert not of_code(find_in(tmp_path, [{"build_facts": facts}] * 2), "OBS402")
