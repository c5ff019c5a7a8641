"""OBS401, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from findings_of import find_in, of_code

from runner.record.reasons import Clause, Number, between, count


def metric(kind: str, name: str = "accuracy", **numbers) -> list:
    """A metric of a build, with counts and ranges."""
    numbers = {
        key: each if isinstance(each, Number) else count(each) for key, each in numbers.items()
    }
    return [[], [Clause("metric", name, {"class": kind}, numbers)]]


def rows(several=0, none=0, others=0, targets=(0, 1)) -> dict:
    """300 rows, as a categorical metric is given them."""
    return {
        "rows": 300,
        "several": several,
        "none": none,
        "others": others,
        "targets": between(*targets),
    }


def values(others: int, targets: tuple) -> dict:
    """300 targets, as a binary metric is given them."""
    threshold = Number(0.5, 0.5)
    return {"size": 300, "others": others, "targets": between(*targets), "threshold": threshold}


CATEGORICAL = "compares the largest output of a row with its largest target, and"


@pytest.mark.parametrize(
    ("kind", "numbers", "seen", "change"),
    [
        (
            "CategoricalAccuracy",
            rows(several=150, none=40),
            f"{CATEGORICAL} of 300 rows 150 have several ones and 40 none",
            "binary_accuracy",
        ),
        (
            "CategoricalAccuracy",
            rows(others=300, targets=(-3, 9)),
            f"{CATEGORICAL} targets are numbers (-3 to 9)",
            "mae",
        ),
        (
            "BinaryAccuracy",
            values(150, (-1, 1)),
            "counts outputs above 0.5 as 1, and 150 of 300 targets are neither 0 nor 1"
            " (-1 to 1 in all)",
            "mae",
        ),
        (
            "Accuracy",
            {"fractions": 64, "outputs": 64},
            "asks whether outputs equal targets, and 64 of 64 outputs are fractions",
            "small letters",
        ),
    ],
)
def test_fires(tmp_path, kind, numbers, seen, change):
    facts = metric(kind, **numbers)
    (found,) = of_code(find_in(tmp_path, [{"build_facts": facts}] * 3), "OBS401")
    assert found.observation.seen == f"accuracy is {kind} here: it {seen}."
    assert change in found.observation.change


def test_fires_for_a_metric_that_was_named(tmp_path):
    facts = metric("TopKCategoricalAccuracy", "top", **rows(none=300))
    (found,) = of_code(find_in(tmp_path, [{"build_facts": facts}]), "OBS401")
    assert found.observation.seen.startswith("top (TopKCategoricalAccuracy) compares")


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("CategoricalAccuracy", rows()),
        ("CategoricalAccuracy", rows(several=2, none=1)),
        ("BinaryAccuracy", values(0, (0, 1))),
        ("SparseCategoricalAccuracy", {}),
        ("CategoricalAccuracy", {}),
        ("BinaryAccuracy", {}),
        ("Accuracy", {"fractions": 0, "outputs": 64}),
        ("MeanAbsoluteError", {}),
    ],
)
def test_quiet(tmp_path, kind, numbers):
    runs = [{"build_facts": metric(kind, **numbers)}] * 2
    assert not of_code(find_in(tmp_path, runs), "OBS401")
