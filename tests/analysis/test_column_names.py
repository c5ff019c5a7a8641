"""Keys and metrics that are called like columns: no two columns have one name."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from runner.analysis.tables.column_names import name_columns

FIXED, OF_RUNS, STATISTICS = ("verdict", "runs", "claim"), ("error", "runs"), ("mean", "sd_low")
NAMES = st.lists(
    st.sampled_from(
        [
            *("verdict", "runs", "error", "lr", "lr_mean", "lr_sd_low", "loss"),
            *("override_verdict", "metric_lr", "metric_lr_mean", "metric_error", "metric_loss"),
            *("override_override_verdict", "metric_metric_lr", "", "mean", "_mean"),
        ]
    ),
    unique=True,
)


def test_names_that_are_free_are_kept():
    named = name_columns(["lr", "seed"], ["loss", "lr"], FIXED, OF_RUNS, STATISTICS)
    assert named.overrides == {"lr": "lr", "seed": "seed"}
    assert named.metrics == {"loss": "loss", "lr": "lr"}
    assert named.run_metrics == {"loss": "loss", "lr": "metric_lr"}


def test_what_is_taken_gets_a_prefix():
    named = name_columns(["verdict", "lr_mean"], ["lr", "error"], FIXED, OF_RUNS, STATISTICS)
    assert named.overrides == {"verdict": "override_verdict", "lr_mean": "lr_mean"}
    assert named.metrics == {"lr": "metric_lr", "error": "error"}
    assert named.run_metrics == {"lr": "lr", "error": "metric_error"}


@given(NAMES, NAMES)
def test_no_two_columns_have_one_name_and_none_is_lost(keys, metrics):
    named = name_columns(keys, metrics, FIXED, OF_RUNS, STATISTICS)
    statistics = [f"{m}_{each}" for m in named.metrics.values() for each in STATISTICS]
    for columns in (
        [*FIXED, *named.overrides.values(), *statistics],
        [*OF_RUNS, *named.overrides.values(), *named.run_metrics.values()],
    ):
        assert len(columns) == len(set(columns))
    assert list(named.overrides) == keys
    assert list(named.metrics) == list(named.run_metrics) == metrics
