"""OBS101, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from findings_of import find_in, of_code


def builds(*epochs: str) -> list[dict[str, str]]:
    stages = {f"augment/{index}": digest for index, digest in enumerate(epochs)}
    return [{"data": "d", "init/a": "i", **stages, "outputs": "o"}] * 2


@pytest.mark.parametrize(
    ("epochs", "how"),
    [(("a", "a", "a"), "each of 3"), (("a", "b", "a"), "2 of 3"), (("a", "a"), "each of 2")],
)
def test_fires(tmp_path, epochs, how):
    (found,) = of_code(find_in(tmp_path, [{"fingerprints": builds(*epochs)}] * 3), "OBS101")
    assert found.observation.seen == (
        f"The augmented rows are the same in {how} epochs (in 6 of 6 builds)."
    )
    assert found.observation.affected == 6


def test_fires_for_those_builds_that_have_it(tmp_path):
    runs = [{"fingerprints": builds("a", "a")}, {"fingerprints": builds("a", "b")}]
    (found,) = of_code(find_in(tmp_path, runs), "OBS101")
    assert (found.observation.affected, found.observation.total) == (2, 4)


@pytest.mark.parametrize("epochs", [("a", "b", "c"), ("a",), ()])
def test_quiet(tmp_path, epochs):
    assert not of_code(find_in(tmp_path, [{"fingerprints": builds(*epochs)}] * 2), "OBS101")


def test_quiet_where_runs_agree_but_epochs_do_not(tmp_path):
    runs = [{"fingerprints": builds("a", "b")}, {"fingerprints": builds("a", "b")}]
    assert not of_code(find_in(tmp_path, runs), "OBS101")


def test_an_expected_finding_is_marked(tmp_path):
    runs = [{"fingerprints": builds("a", "a")}] * 2
    (found,) = of_code(find_in(tmp_path, runs, ignore={"OBS101": "one copy"}), "OBS101")
    assert found.ignored == "one copy"
