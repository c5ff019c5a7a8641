"""The words of verdicts and states: each once, and said in the README as in the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.config.schema import STATES, VERDICTS
from runner.numeric.verdicts import MEASURED, State, Verdict

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


@pytest.mark.parametrize("verdict", Verdict)
def test_the_readme_says_what_a_verdict_means(verdict):
    assert f"\n| {verdict} | {verdict.meaning} |\n" in README


def test_the_readme_has_no_other_verdicts():
    table = README.partition("| verdict | what it says |\n| --- | --- |\n")[2].partition("\n\n")[0]
    assert len(table.splitlines()) == len(Verdict)


def test_a_word_is_read_back():
    assert [Verdict.parse(str(each)) for each in Verdict] == list(Verdict)
    with pytest.raises(ValueError, match="'same' is not a valid Verdict"):
        Verdict.parse("same")


def test_claims_may_use_every_verdict_and_state():
    assert tuple(map(str, Verdict)) == VERDICTS
    assert tuple(map(str, MEASURED)) == STATES
    assert State.UNMEASURED not in STATES


def test_what_verdicts_say_of_runs_and_of_equal_seeds():
    steady = {each for each in Verdict if each.runs is State.SAME}
    assert steady == {Verdict.DETERMINISTIC, Verdict.REPEATABLE}
    assert {each for each in Verdict if each.repeats} == steady | {Verdict.SEED_DRIVEN}
    assert {each for each in Verdict if each.refutable} == steady | {Verdict.ROUNDING}
