"""OBS109, where it must speak and where it must not."""

from __future__ import annotations

import pytest
import synthetic
from epoch_facts_of import orders
from findings_of import find_in, of_code

BOTH = {"runs": ["order"], "builds": ["order"]}


def runs(*builds: tuple[str, ...], seeds=None, kind="order/0", items=100) -> list[dict]:
    """A run for each tuple, with a build for each digest of its order; all else differs."""
    fact = orders("cache, shuffle, batch", 1, items=items, buffer=items)
    return [
        {
            "values": synthetic.outputs(job),
            "digest": f"{job:016x}",
            "fingerprints": [
                {"data": "d", kind: each, "outputs": f"{job}-{build}"}
                for build, each in enumerate(digests)
            ],
            "build_facts": [[fact]] * len(digests),
            "seeds": {"value": job} if seeds is None else seeds,
        }
        for job, digests in enumerate(builds)
    ]


@pytest.mark.parametrize(
    ("builds", "where"),
    [
        ([("a", "a")] * 3, "in 3 runs and in all builds of a run"),
        ([("a", "b")] * 3, "in 3 runs"),
        ([("a", "a"), ("b", "b"), ("c", "c")], "in all builds of a run"),
    ],
)
def test_fires(tmp_path, builds, where):
    found = find_in(tmp_path, runs(*builds), strategy="random", drawn=BOTH)
    (finding,) = of_code(found, "OBS109")
    assert finding.observation.seen == (
        f"The order of the rows is the same {where}, though by the config it is drawn anew in each."
    )


def test_fires_without_seeds(tmp_path):
    unseeded = runs(("a",), ("a",), seeds={})
    found = find_in(tmp_path, unseeded, strategy="unset", drawn={"runs": ["order"]})
    assert of_code(found, "OBS109")


@pytest.mark.parametrize("kind", ["init/a", "augment/0", "dropout", "split"])
def test_fires_for_each_source(tmp_path, kind):
    source = kind.partition("/")[0]
    values = synthetic.outputs(shape=(2, 2, 12, 3))
    same = [{**run, "values": values + run["seeds"]["value"]} for run in runs("a", "a", kind=kind)]
    found = find_in(tmp_path, same, strategy="random", drawn={"runs": [source]})
    (finding,) = of_code(found, "OBS109")
    assert finding.observation.where == source


@pytest.mark.parametrize(
    ("runs", "drawn"),
    [
        (runs(("a", "b"), ("c", "d")), BOTH),  # drawn anew
        (runs(("a", "a"), ("a", "a")), {}),  # an old record, or unknown code
        (runs(("a", "a"), ("a", "a")), {"runs": ["init"]}),  # another source
        (runs(("a", "b"), ("a", "b"), seeds={"value": 7}), BOTH),  # the same seed
        (runs(("a", "a"), ("a", "b")), {"builds": ["order"]}),  # not in all runs
        (runs(("a", "a"), ("a", "a"), items=4), BOTH),  # four rows have few orders
        (runs(("a",), ("a",), kind="split"), {"runs": ["split"]}),  # so have few rows' splits
        (runs(("a", "a")), {"runs": ["order"]}),  # one run
    ],
)
def test_quiet(tmp_path, runs, drawn):
    found = find_in(tmp_path, runs, strategy="random", drawn=drawn)
    assert not of_code(found, "OBS109")
