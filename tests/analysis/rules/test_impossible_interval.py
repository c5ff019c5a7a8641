"""OBS405, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from findings_of import find_in, of_code

from runner.record.reasons import Clause


def runs_of(name: str, values, kind: str | None) -> list[dict]:
    facts = [[], [Clause("metric", name, {"class": kind})] if kind else []]
    return [{"metrics": [{name: each}, {}], "build_facts": facts} for each in values]


@pytest.mark.parametrize(
    ("name", "kind", "values", "seen"),
    [
        ("loss", "mean_squared_error", (0.1, 0.2, 25.0), "3 runs, -27.2 to 44.1, reaches below 0"),
        ("accuracy", "BinaryAccuracy", (0.99, 0.8, 1.0), "3 runs, 0.65 to 1.21, reaches above 1"),
        ("auc", "AUC", (0.0, 0.0, 0.3), "3 runs, -0.33 to 0.53, reaches below 0"),
    ],
)
def test_fires(tmp_path, name, kind, values, seen):
    (found,) = of_code(find_in(tmp_path, runs_of(name, values, kind)), "OBS405")
    assert f"The 95% interval of the mean {name} over {seen}, where" in found.observation.seen


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("mean_squared_error", (0.5, 0.6, 0.55)),
        ("mean_squared_error", (0.5,)),
        ("mean_squared_error", (0.0, 0.0, 0.0)),
        ("CosineSimilarity", (0.1, 0.2, 25.0)),
        (None, (0.1, 0.2, 25.0)),
    ],
)
def test_quiet(tmp_path, kind, values):
    assert not of_code(find_in(tmp_path, runs_of("loss", values, kind)), "OBS405")
