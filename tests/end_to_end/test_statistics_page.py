"""Every command of docs/statistics.md runs, and its figures are those of the benchmark."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from conftest import run_cli
from synthetic import outputs, write

from runner.statistics.confidence_sequence import Method
from runner.statistics.sequential_decision import MIN_PAIRS, Rule
from runner.statistics.superiority import needed_pairs
from tests.benchmarks.decisions import DIFFERENCE, DRAWS, first_looks

PAGE = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text()
COMMANDS = [
    shlex.split(each)[3:] for each in re.findall(r"^    (python -m runner .*)$", PAGE, re.MULTILINE)
]
READING = [each for each in COMMANDS if each[0] != "decide"]
DECIDING = [each for each in COMMANDS if each[0] == "decide" and "--resume" not in each]
RESUMING = [each for each in COMMANDS if "--resume" in each]


def test_the_page_has_commands():
    assert (len(READING), len(DECIDING), len(RESUMING)) == (3, 1, 1)


@pytest.fixture
def sweep(tmp_path):
    rng = np.random.default_rng(0)
    for number, (model, data) in enumerate(
        (model, data) for model in ("mlp", "cnn") for data in ("digits", "series")
    ):
        for run in range(6):
            job = 10 * number + run
            write(
                tmp_path / "outputs/DATE/TIME", job, outputs(job), strategy="random",
                overrides={"model": model, "data": data}, configuration=f"{model}{data}",
                metrics=[{"accuracy": float(rng.normal(0.9, 0.01))}], seeds={"value": run},
                digest=f"{job:016x}",
            )  # fmt: skip
    return tmp_path


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_command_that_reads_a_sweep_runs(sweep, command):
    ended = run_cli(sweep, *command, keep_order=True, COLUMNS="80")
    assert ended.status == 0, ended.err
    assert max(map(len, ended.out.splitlines())) <= 80


@pytest.mark.slow
@pytest.mark.parametrize("command", DECIDING, ids=" ".join)
def test_a_command_that_decides_runs_and_is_gone_on_with(tmp_path, command):
    """With a pair each, which decides nothing."""
    short = ["--max-pairs", "1", "--directory", "outputs/DATE/TIME"]
    ended = run_cli(tmp_path, *command[:1], *short, *command[1:], keep_order=True)
    assert ended.status == 2, ended.err
    assert "undecided after 1 pair (B is better by " in ended.out
    (resuming,) = RESUMING
    more = ["2" if each == "100" else each for each in resuming]
    ended = run_cli(tmp_path, *more, keep_order=True)
    assert ended.status == 2, ended.err
    assert "undecided after 2 pairs (B is better by " in ended.out


def test_the_numbers_of_the_text_are_those_of_the_code():
    assert f"which is {needed_pairs()};" in PAGE
    assert f"Fewer than {MIN_PAIRS} pairs decide nothing" in PAGE


@pytest.mark.parametrize(
    ("name", "row"),
    [("normal", "normal, SD 0.01"), ("steps of 1/100", "two values, 0 and 0.02")],
)
def test_the_figures_are_those_of_the_benchmark(name, row):
    """Drawn anew for a tenth of the sequences, so that they agree within what chance does."""
    (found,) = re.findall(rf"^\| {row} \| ([\d.]+)% \| ([\d.]+)% \|$", PAGE, re.MULTILINE)
    for method, figure in zip((Method.BOUNDED, Method.NORMAL), found, strict=True):
        drawn = DRAWS[name](np.random.default_rng(1), DIFFERENCE, 200)
        looks = first_looks(drawn, Rule(DIFFERENCE, method))
        wrong = np.mean((looks["b"] < np.inf) | (looks["not better"] < np.inf))
        assert 100 * wrong == pytest.approx(float(figure), abs=4)
