"""OBS403, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from findings_of import find_in, of_code

from runner.record.reasons import Clause, Number, count


def losses(trained: float, evaluated: float, reshaped: float | None = None) -> list:
    """The two losses of a build, and that of train_step with targets of another shape."""
    numbers = {
        "rows": count(64),
        "trained": Number(trained, trained),
        "evaluated": Number(evaluated, evaluated),
    }
    facts = [Clause("two-losses", "train_step", numbers=numbers)]
    if reshaped is not None:
        shapes = {"given": Number(trained, trained), "reshaped": Number(reshaped, reshaped)}
        words = {"targets": "(64,)", "predictions": "(64, 1)"}
        facts.append(Clause("loss-shapes", "train_step", words, shapes))
    return [[], facts]


@pytest.mark.parametrize("fact", [losses(120.0, 0.5), losses(-3.0, 3.0), losses(9.0, 1.0, 5.0)])
def test_fires(tmp_path, fact):
    (found,) = of_code(find_in(tmp_path, [{"build_facts": fact}] * 2), "OBS403")
    assert found.observation.seen.startswith("On 64 training rows train_step has a loss of ")
    assert (found.observation.affected, found.observation.total) == (2, 2)


@pytest.mark.parametrize("fact", [losses(1.0, 1.2), losses(102.0, 4.1, 4.1), losses(0.0, 0.0)])
def test_quiet(tmp_path, fact):
    assert not of_code(find_in(tmp_path, [{"build_facts": fact}] * 2), "OBS403")
