"""OBS111, where it must speak and where it must not."""

from __future__ import annotations

from findings_of import find_in, of_code

from runner.record.reasons import Clause

TWINS = Clause("twin-weights", "left/kernel", {"others": "right/kernel"})


def test_fires(tmp_path):
    (found,) = of_code(find_in(tmp_path, [{"build_facts": [[TWINS], []]}] * 2), "OBS111")
    assert found.observation.seen == (
        "The initial weights left/kernel and right/kernel are the same."
    )
    assert found.observation.extent == "in 2 of 4 builds"


def test_quiet(tmp_path):
    assert not of_code(find_in(tmp_path, [{"build_facts": [[], []]}]), "OBS111")
