"""OBS102, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from findings_of import find_in, of_code


def build(init: str, weights: str) -> dict[str, str]:
    """A build of a layer whose bias never changes."""
    return {
        "data": "d",
        "init/a/kernel": init,
        "init/a/bias": "0",
        "weights/a/kernel": weights,
        "weights/a/bias": "0",
        "outputs": weights,
    }


def test_fires(tmp_path):
    runs = [{"fingerprints": [build("1", "2"), build("2", "3")]}] * 2
    (found,) = of_code(find_in(tmp_path, runs), "OBS102")
    assert found.observation.seen == (
        "Build 1 began with the weights that build 0 ended with"
        " (in 2 of 2 builds after a first one)."
    )


def test_fires_in_a_later_build(tmp_path):
    runs = [{"fingerprints": [build("1", "2"), build("1", "3"), build("3", "4")]}] * 2
    (found,) = of_code(find_in(tmp_path, runs), "OBS102")
    assert found.observation.seen.startswith("Build 2 began")
    assert (found.observation.affected, found.observation.total) == (2, 4)


@pytest.mark.parametrize(
    "builds",
    [
        [build("1", "2"), build("1", "2")],
        [build("1", "2"), build("3", "4")],
        [build("1", "1"), build("1", "1")],  # untrained: each build is the other
        [build("1", "2")],
    ],
)
def test_quiet(tmp_path, builds):
    assert not of_code(find_in(tmp_path, [{"fingerprints": builds}] * 2), "OBS102")


def test_quiet_between_runs(tmp_path):
    runs = [{"fingerprints": [build("1", "2")]}, {"fingerprints": [build("2", "3")]}]
    assert not of_code(find_in(tmp_path, runs), "OBS102")
