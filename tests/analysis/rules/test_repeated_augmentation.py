"""OBS101, where it must speak and where it must not."""

from __future__ import annotations

import pytest
from epoch_facts_of import draws, kept
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


def shuffled(*facts) -> list[dict]:
    """Two runs of one build, whose rows come in another order in each epoch."""
    build = {"data": "d", "init/a": "i", "order/0": "p", "order/1": "q", "outputs": "o"}
    build |= {"augment/0": "a", "augment/1": "b", "augment/2": "c"}
    return [{"fingerprints": [build], "build_facts": [list(facts)]}] * 2


@pytest.mark.parametrize(("same", "how"), [(3, "each of 3"), (2, "2 of 3")])
def test_fires_for_rows_that_come_in_another_order(tmp_path, same, how):
    (found,) = of_code(find_in(tmp_path, shuffled(kept(same, 3))), "OBS101")
    assert found.observation.seen == (
        f"Each row is augmented to the same numbers in {how} epochs, in whatever order it comes (in"
        " 2 of 2 builds)."
    )


def test_quiet_for_rows_that_change(tmp_path):
    assert not of_code(find_in(tmp_path, shuffled(kept(1, 3))), "OBS101")


@pytest.mark.parametrize(
    ("measured", "says", "leaves_out"),
    [
        (draws(distinct=32), ["train=augmented_layer"], ["cache", "ignore"]),
        (draws(distinct=1), ["gave the same for one row 32 times"], ["augmented_layer", "cache"]),
        (
            draws("augment, cache, shuffle, batch", distinct=32, same=0),
            ["Put the stage cache before augment"],
            ["augmented_layer", "ignore"],
        ),
        (
            draws("augment, cache, shuffle, batch", distinct=32),
            ["Put the stage cache before augment", "train=augmented_layer"],
            ["ignore"],
        ),
    ],
)
def test_it_says_what_helps_and_nothing_else(tmp_path, measured, says, leaves_out):
    (found,) = of_code(find_in(tmp_path, shuffled(kept(3, 3), measured)), "OBS101")
    assert all(each in found.observation.change for each in says)
    assert not any(each in found.observation.change for each in leaves_out)
