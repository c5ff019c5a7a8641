"""Swept keys and metrics that are called like columns of the tables, through the command line."""

from __future__ import annotations

import pandas as pd
import pytest
from conftest import run_cli

pytestmark = pytest.mark.exhaustive

FUNCTION = ("task=function", "task.function=own_training.with_metrics", "builds=1")
WIDE = "300"
FRAMES = ("table", "runs", "factors", "attribution", "claims")
GROUPS = ("verdict", "source", "status")
"""Of somebody's own configs: called like a column of the table, of the claims and of the runs."""


def read_frames(ended):
    """The frames of a sweep by name, as its files have them; Parquet and CSV must agree."""
    found = {}
    for name in FRAMES:
        if (ended.sweep / f"{name}.csv").exists():
            frame = pd.read_csv(ended.sweep / f"{name}.csv")
            parquet = pd.read_parquet(ended.sweep / f"{name}.parquet")
            assert list(parquet.columns) == list(frame.columns)  # pandas would rename a second one
            assert frame.columns.is_unique
            found[name] = frame
    return found


def check_told(ended):
    assert ended.status == 0, ended.err
    assert "Traceback" not in ended.out + ended.err
    again = run_cli(ended.cwd, "report", str(ended.sweep), COLUMNS=WIDE)
    assert again.status == 0, again.err
    assert again.out.split("Files:")[0] == ended.out.split("Files:")[0]


@pytest.mark.parametrize(
    "key", ["noise_mean", "noise_sd", "noise_diff", "noise_share", "noise_ci_low"]
)
def test_a_key_that_ends_like_a_statistic(cli, key):
    ended = cli(
        *FUNCTION, f"+task.params.{key}=1,2", "+task.params.metrics=[x_mean,x_diff,x]",
        "seed=fixed", "replicates=2", "replays=0", "-m", COLUMNS=WIDE,
    )  # fmt: skip
    check_told(ended)
    frames = read_frames(ended)
    column = f"task.params.{key}"
    assert frames["table"][column].tolist() == [1, 2]
    assert frames["runs"][column].tolist() == [1, 2, 1, 2]
    assert frames["table"][["x_mean_mean", "x_diff_mean", "x_mean"]].to_numpy().tolist() == (
        [[0, 1, 2]] * 2
    )
    assert frames["factors"]["factor"].tolist() == [column]
    heading = ended.out.splitlines()[0].split()
    assert heading.count(column) == 1
    assert [name for name in heading if name.startswith("x")] == ["x_mean", "x_diff", "x"]


def test_a_metric_that_is_called_like_a_key_or_its_statistic_like_one(cli):
    ended = cli(
        *FUNCTION, "+task.params.noise_mean=7,8", "+task.params.noise=5",
        '+task.params.metrics=["task.params.noise","task.params.noise_mean","verdict"]',
        "seed=fixed", "replicates=2", "-m", COLUMNS=WIDE,
    )  # fmt: skip
    check_told(ended)
    table, runs = (read_frames(ended)[name] for name in ("table", "runs"))
    assert table["task.params.noise_mean"].tolist() == [7, 8]
    assert table["metric_task.params.noise_mean"].tolist() == [0, 0]
    assert table["task.params.noise_mean_mean"].tolist() == [1, 1]
    assert table["verdict_mean"].tolist() == [2, 2]
    assert set(table["verdict"]) == {"repeatable"}
    assert set(runs["task.params.noise"]) == {5}
    assert set(runs["metric_task.params.noise"]) == {0}
    assert set(runs["metric_task.params.noise_mean"]) == {1}
    assert set(runs["verdict"]) == {2}  # runs have no other column of that name


def test_keys_that_end_like_shares_beside_sources_of_randomness(cli):
    ended = cli(
        *FUNCTION, "task.function=own_training.by_source", "+task.params.x_share=1,2",
        "+task.params.accuracy_sd=3,4", "seed=derived", "seed.vary=[init],all",
        "replicates=3", "-m", COLUMNS=WIDE,
    )  # fmt: skip
    check_told(ended)
    attribution = read_frames(ended)["attribution"]
    keys = ["task.params.x_share", "task.params.accuracy_sd"]
    assert attribution[keys].drop_duplicates().to_numpy().tolist() == [
        [1, 3], [1, 4], [2, 3], [2, 4],
    ]  # fmt: skip


def test_groups_of_configs_that_are_called_like_columns(cli, tmp_path):
    for group in GROUPS:
        for option in ("one", "two"):
            path = tmp_path / "own" / group / f"{option}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"# @package _global_\ntask:\n  params:\n    {group}: {option}\n")
    ended = cli(
        *FUNCTION, *(f"+{group}=one,two" for group in GROUPS), "+task.params.metrics=[verdict]",
        "claims=[{text: it repeats, verdict: repeatable}]", "seed=derived",
        "seed.vary=[init],all", "replicates=2", "-m", f"--config-dir={tmp_path / 'own'}",
        COLUMNS=WIDE,
    )  # fmt: skip
    assert "Traceback" not in ended.out + ended.err
    assert ended.err.splitlines()[-1].endswith("claims were refuted")
    frames = read_frames(ended)
    assert list(frames) == list(FRAMES)
    for name in ("table", "runs", "attribution", "claims"):
        for group in GROUPS:
            assert set(frames[name][f"override_{group}"]) == {"one", "two"}, (name, group)
    assert set(frames["runs"]["status"]) == {"ok"}
    assert set(frames["attribution"]["source"]) == {"init", "all"}
    assert set(frames["claims"]["source"].dropna()) == set()
    assert set(frames["table"]["verdict"]) <= {"seed-driven", "insufficient"}
    assert set(frames["factors"]["factor"]) == {*GROUPS, "seed.vary"}
    assert "verdict=one source=two status=one seed.vary=all" in ended.out
    again = run_cli(ended.cwd, "report", str(ended.sweep), COLUMNS=WIDE)
    assert again.out.split("Files:")[0] == ended.out.split("Files:")[0]
