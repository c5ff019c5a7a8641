"""`statistics`: what it prints and writes of stored sweeps, and each exit status."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from synthetic import outputs, write

from runner.commands.app import app
from runner.errors import ConfigError

MLP = (0.93, 0.94, 0.925, 0.931, 0.95, 0.944, 0.938, 0.929)
CNN = (0.91, 0.92, 0.908, 0.911, 0.93, 0.922, 0.92, 0.91)


@pytest.fixture
def statistics(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments):
        status = app(["statistics", *map(str, arguments)], standalone_mode=False) or 0
        return status, capsys.readouterr().out

    return run


def add(path, values, first, apart=False, **overrides):
    """A configuration; run i of each has seed i, unless they are to be apart."""
    for number, value in enumerate(values):
        job = first + number
        write(
            path, job, outputs(job), metrics=[{"loss": 1.0, "accuracy": value}],
            overrides=overrides, strategy="random", configuration=str(overrides),
            seeds={"value": job if apart else number}, digest=f"{job:016x}",
        )  # fmt: skip


@pytest.fixture
def grid(tmp_path):
    add(tmp_path, MLP, 0, model="mlp", data="digits")
    add(tmp_path, CNN, 10, model="cnn", data="digits")
    add(tmp_path, np.array(MLP) - 0.3, 20, model="mlp", data="series")
    add(tmp_path, np.array(CNN) - 0.2, 30, model="cnn", data="series")
    return tmp_path


def compared(statistics, *arguments):
    _, out = statistics(*arguments, "--format", "json")
    return json.loads(out)["comparisons"]


def test_every_configuration_and_pair_has_a_row(statistics, grid):
    status, out = statistics(grid)
    lines = out.splitlines()
    assert status == 0
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["#", "configuration", "runs", "mean", "SD", "IQM"]
    assert lines[1].split()[:4] == ["1", "model=mlp", "data=digits", "8"]
    header = next(i for i, each in enumerate(lines) if each.startswith("A-B"))
    assert lines[header].split() == ["A-B", "n", "difference", "shown", "P(A>B)", "decision"]
    assert lines[header + 1].startswith("1-2  8 pairs  0.019 (0.018 to 0.021) ")
    assert "A higher" in lines[header + 1]
    assert "Below 10 runs (here 8) that interval is too narrow" in " ".join(lines)


def test_runs_with_equal_seeds_are_paired_and_others_are_not(statistics, tmp_path):
    add(tmp_path, MLP, 0, model="mlp")
    add(tmp_path, CNN, 10, model="cnn")
    add(tmp_path, CNN, 20, apart=True, model="gru")
    pairs = {(each["a"], each["b"]): each for each in compared(statistics, tmp_path)}
    paired, apart = pairs["model=mlp", "model=cnn"], pairs["model=mlp", "model=gru"]
    assert (paired["paired"], apart["paired"]) == (True, False)
    assert paired["difference"] == pytest.approx(apart["difference"])
    assert paired["difference_low"] > apart["difference_low"]
    assert paired["p_sign_flip"] == 2 / 256
    assert apart["p_sign_flip"] is None
    assert paired["decision"] == "A higher"
    assert pairs["model=cnn", "model=gru"]["shown"] == "not shown to differ"
    assert pairs["model=cnn", "model=gru"]["decision"] == "too few runs"


def test_tasks_are_strata(statistics, grid):
    _, out = statistics(grid, "--tasks", "data")
    assert "over all tasks" in out
    (row,) = compared(statistics, grid, "--tasks", "data")
    assert (row["a"], row["b"], row["tasks"], row["pairs"]) == ("model=mlp", "model=cnn", 2, 16)
    one, other = (np.mean(MLP) - np.mean(CNN) - shift for shift in (0, 0.1))
    assert row["difference"] == pytest.approx((one + other) / 2)
    assert row["p_a_higher"] == 0.5
    profiles = pd.read_csv(grid / "profiles.csv")
    assert set(profiles["algorithm"]) == {"model=mlp", "model=cnn"}
    assert len(profiles) == 2 * 101
    for _, each in profiles.groupby("algorithm"):
        assert each["share"].is_monotonic_decreasing
        assert (each["share"].iloc[-1], each["threshold"].max()) == (0, max(MLP))


def test_two_values_of_a_key_are_compared_where_all_else_agrees(statistics, grid):
    rows = compared(statistics, grid, "--compare", "model=cnn,mlp")
    assert [(each["a"], each["b"]) for each in rows] == [
        ("model=cnn data=digits", "model=mlp data=digits"),
        ("model=cnn data=series", "model=mlp data=series"),
    ]


def test_equivalence_needs_a_margin(statistics, tmp_path):
    add(tmp_path, MLP, 0, model="mlp")
    add(tmp_path, np.array(MLP) + np.tile([0.001, -0.001], 4), 10, model="cnn")
    (row,) = compared(statistics, tmp_path)
    assert row["shown"] == "not shown to differ"
    (row,) = compared(statistics, tmp_path, "--margin", 0.01)
    assert row["shown"] == "equivalent"
    assert "equivalent: the means are less than 0.01 apart" in statistics(
        tmp_path, "--margin", 0.01
    )[1].replace("\n", " ")


def test_the_files_have_what_was_printed(statistics, grid):
    statistics(grid, "--tasks", "data")
    table = pd.read_csv(grid / "statistics.csv")
    assert list(table["tasks"]) == [1, 1, 1, 1, 2, 2]
    assert table["mean"][0] == pytest.approx(np.mean(MLP))
    assert len(pd.read_csv(grid / "comparisons.csv")) == 1


def test_many_configurations_are_compared_only_where_a_key_is_named(statistics, tmp_path):
    for number in range(11):
        add(tmp_path, MLP[:3], 10 * number, model=f"m{number}")
    assert compared(statistics, tmp_path) == []
    assert "11 are too many" in statistics(tmp_path)[1]
    assert len(compared(statistics, tmp_path, "--compare", "model=m3,m7")) == 1


def test_configurations_without_numbers_are_left_out_by_name(statistics, tmp_path):
    add(tmp_path, MLP, 0, model="mlp")
    add(tmp_path, [0.5, float("nan")], 10, model="cnn")
    write(tmp_path, 20, overrides={"model": "gru"})
    _, out = statistics(tmp_path)
    assert "model=cnn: left out, a value is NaN or infinite." in out
    assert "model=gru: left out, no successful run has the metric." in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tasks", "dta"], "--tasks: must name a key that was swept over. Received: dta. Did you"
         " mean 'data'?"),
        (["--compare", "model"], "--compare: must be KEY=A,B with two different values. Received:"
         " model"),
        (["--compare", "model=mlp,mlp"], "--compare: must be KEY=A,B with two different values."
         " Received: model=mlp,mlp"),
        (["--compare", "model=mlp,cn"], "--compare model: was not given this value. Received: cn."
         " Did you mean 'cnn'?"),
        (["--compare", "modl=mlp,cnn"], "--compare: must name a key that was swept over. Received:"
         " modl. Did you mean 'model'?"),
        (["--margin", 0], "--margin: must be greater than 0. Received: 0.0"),
        (["--gamma", 0.5], "--gamma: must be greater than 0.5 and less than 1. Received: 0.5"),
        (["--metric", "f1"], "--metric: no run there has this metric. Received: f1. Metrics: loss,"
         " accuracy"),
    ],
)  # fmt: skip
def test_wrong_input_gets_one_line_and_leaves_nothing(statistics, grid, arguments, message):
    with pytest.raises(ConfigError) as raised:
        statistics(grid, *arguments)
    assert str(raised.value) == message
    assert not (grid / "statistics.csv").exists()
