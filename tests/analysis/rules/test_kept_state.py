"""OBS309, where it must speak and where it must not."""

from __future__ import annotations

from findings_of import find_in, of_code

from runner.record.reasons import Clause


def test_fires(tmp_path):
    facts = [[Clause("kept-state", "lstm")], [Clause("kept-state", "lstm")]]
    (found,) = of_code(find_in(tmp_path, [{"build_facts": facts}]), "OBS309")
    assert found.observation.where == "lstm"
    assert found.observation.extent == "in 2 of 2 builds"


def test_quiet(tmp_path):
    assert not of_code(find_in(tmp_path, [{"build_facts": [[], []]}]), "OBS309")
