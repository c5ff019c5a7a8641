"""OBS307, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from findings_of import find_in, of_code

from runner.record.reasons import Clause, Number


def shapes(given: float, reshaped: float, where: str = "train_step") -> list:
    """A loss of a build, with targets of two shapes."""
    words = {"targets": "(64,)", "predictions": "(64, 1)"}
    numbers = {"given": Number(given, given), "reshaped": Number(reshaped, reshaped)}
    return [[], [Clause("loss-shapes", where, words, numbers)]]


@pytest.mark.parametrize("where", ["train_step", "the loss"])
def test_fires(tmp_path, where):
    runs = [{"build_facts": shapes(102.0, 4.1, where)}, {"build_facts": [[], []]}]
    (found,) = of_code(find_in(tmp_path, runs), "OBS307")
    assert found.observation.seen == (
        f"{where} compares targets of shape (64,) with predictions of shape (64, 1): it is 102, and"
        " 4.1 once the targets have that shape."
    )


@pytest.mark.parametrize("reshaped", [4.1, 4.1002])
def test_quiet(tmp_path, reshaped):
    runs = [{"build_facts": shapes(4.1, reshaped)}] * 2
    assert not of_code(find_in(tmp_path, runs), "OBS307")
