"""A cause is planted for each source of randomness; the explanation must name it, and no other.

The causes of outputs that ignore their input are in test_collapse.py.
"""

from __future__ import annotations

import pandas as pd
import pytest
from conftest import APPS, run_cli

from runner.config.schema import SOURCES

CAUSES = {
    "data": ("uncontrolled", "data", "The data source draws from something that no seed reaches"),
    "split": ("uncontrolled", "split", "seed NumPy's generator"),
    "init": ("uncontrolled", "init/dense/kernel", "draws from a generator that is not seeded"),
    "order": ("uncontrolled", "order/0", "changes the order of the rows"),
    "augment": ("uncontrolled", "augment/0", "train.augment.parallel_calls=1"),
    "dropout": ("seed-driven", "dropout", "1 replay with recorded seeds gave bitwise the same"),
    "implementation": ("uncontrolled", "weights/dense/kernel", "it is the computation itself"),
    "nothing": ("deterministic", None, "Expected: every initializer has its"),
}
"""Verdict, first divergence, and what the sentence says, of each file of tests/apps/conf/cause."""


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """All causes in one sweep."""
    return run_cli(
        tmp_path_factory.mktemp("causes"), f"+cause={','.join(CAUSES)}",
        "seed.scope=build", "replicates=3", "train.epochs=2", "probe.inputs=360",
        f"--config-dir={APPS / 'conf'}", "-m", timeout=500,
    )  # fmt: skip


def test_every_source_has_a_cause():
    assert {*SOURCES, "implementation", "nothing"} == set(CAUSES)


@pytest.mark.slow
@pytest.mark.parametrize("cause", CAUSES)
def test_the_planted_cause_is_named(planted, cause):
    assert planted.status == 0, planted.err
    verdict, first, _ = CAUSES[cause]
    row = planted.rows("cause")[cause]
    assert row["verdict"] == verdict
    if first is None:
        assert pd.isna(row["first_divergence"])
        assert pd.isna(row["varies_with"])
    else:
        assert row["first_divergence"] == first
        assert cause in row["varies_with"].split(", ")


@pytest.mark.slow
@pytest.mark.parametrize("cause", ["init", "order", "augment", "dropout", "implementation"])
def test_no_other_source_is_blamed(planted, cause):
    # Another order of the data, or another split, changes which rows come when.
    assert planted.rows("cause")[cause]["varies_with"] == cause


@pytest.mark.slow
@pytest.mark.parametrize("cause", CAUSES)
def test_the_sentence_says_what_to_look_at(planted, cause):
    results = planted.results
    place = results.table["cause"].tolist().index(cause)
    assert CAUSES[cause][2] in results.sentences[place]


@pytest.mark.slow
def test_no_prediction_was_wrong(planted):
    assert planted.results.table["surprise"].isna().all()
