"""OBS104, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from findings_of import find_in, of_code


def run(*kernels: str) -> dict:
    """A run with a build for each initial kernel; its bias is always zero."""
    builds = [
        {"data": "d", "init/a/kernel": each, "init/a/bias": "0", "outputs": each}
        for each in kernels
    ]
    return {"fingerprints": builds}


def test_fires(tmp_path):
    found = find_in(tmp_path, [run("1", "1"), run("2", "2"), run("3", "3")], scope="process")
    (finding,) = of_code(found, "OBS104")
    assert finding.observation.where == "init/a/kernel"
    assert finding.observation.seen == (
        "The initial weights a/kernel are the same in all builds of a run, and differ between runs"
        " (in 3 of 3 runs)."
    )


@pytest.mark.parametrize(
    ("runs", "scope"),
    [
        ([run("1", "2"), run("3", "4")], "process"),  # drawn anew, as is meant
        ([run("1", "1"), run("1", "1")], "process"),  # constant, or pinned in every run
        ([run("1", "1"), run("2", "2")], "build"),  # seeded again before each build
        ([run("1", "1"), run("2", "2")], ""),  # an old record does not say
        ([run("1", "1"), run("2", "3")], "process"),  # not in every run
        ([run("1"), run("2")], "process"),  # one build
    ],
)
def test_quiet(tmp_path, runs, scope):
    assert not of_code(find_in(tmp_path, runs, scope=scope), "OBS104")
