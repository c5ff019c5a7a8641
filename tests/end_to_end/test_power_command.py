"""`power`: what it prints of stored sweeps, and each exit status."""

from __future__ import annotations

import json

import numpy as np
import pytest
from synthetic import outputs, write

from runner.commands.app import app
from runner.errors import ConfigError

VALUES = (0.93, 0.94, 0.925, 0.931, 0.95)


@pytest.fixture
def power(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments):
        status = app(["power", *map(str, arguments)], standalone_mode=False) or 0
        return status, capsys.readouterr().out

    return run


def sweep(path, *values, seed="random", first=0, **changes):
    """A configuration whose runs have these accuracies, each from a seed of its own."""
    for number, value in enumerate(values):
        job = first + number
        given = {"seeds": {"value": job}, "digest": f"{job:016x}", **changes}
        write(
            path, job, outputs(job),
            metrics=[{"loss": 1.0, "accuracy": value}], overrides={"seed": seed},
            strategy=seed, **given,
        )  # fmt: skip
    return path


def test_it_plans_for_everything(power, tmp_path):
    status, out = power(
        sweep(tmp_path, *VALUES), "--width", 0.01, "--difference", 0.02, "--verdict"
    )
    lines = out.splitlines()
    assert status == 0
    assert lines[0].split() == [
        "configuration", "runs", "SD", "at", "most", "width", "0.01", "difference", "0.02",
        "verdict",
    ]  # fmt: skip
    assert lines[1].split()[:4] == ["the", "configuration", "5", "0.00988"]
    assert max(map(len, lines)) <= 80
    assert "until the 95% interval of the mean is 0.01 wide" in " ".join(lines)


def test_json_has_what_the_table_has(power, tmp_path):
    _, out = power(sweep(tmp_path, *VALUES), "--width", 0.01, "--format", "json")
    content = json.loads(out)
    (row,) = content["configurations"]
    assert row["sd"] == pytest.approx(np.std(VALUES, ddof=1))
    assert row["runs"] == 5
    assert row["width"]["at_sd"] < row["width"]["at_upper"]
    assert row["difference"] == {"at_sd": None, "at_upper": None}
    assert row["verdict"] is None


def test_copies_count_once(power, tmp_path):
    sweep(tmp_path, 0.5, 0.5, 0.5, 0.5, seed="fixed", seeds={"value": 1}, digest="0" * 16)
    status, out = power(tmp_path, "--verdict")
    assert status == 0
    assert "1 run besides 3 bitwise copies, and at least 3 are needed." in out
    assert out.splitlines()[1].split()[-1] == "-"  # their outputs differ in this sweep

    with pytest.raises(ConfigError, match="nothing can be planned for accuracy"):
        power(tmp_path, "--width", 0.01)


def test_equal_outputs_get_a_verdicts_number(power, tmp_path):
    for job in range(3):
        write(tmp_path, job, outputs(0))
    _, out = power(tmp_path, "--verdict", "--format", "json")
    assert json.loads(out)["configurations"][0]["verdict"] == 30


def test_a_configuration_with_too_few_runs_is_named_beside_the_others(power, tmp_path):
    sweep(tmp_path, *VALUES)
    sweep(tmp_path, 0.5, 0.6, seed="unset", first=10)
    sweep(tmp_path, 0.5, 0.6, float("nan"), seed="derived", first=20)
    _, out = power(tmp_path, "--difference", 0.02)
    assert "seed=unset: 2 runs, and at least 3 are needed." in out
    assert "seed=derived: a value is NaN or infinite." in out
    assert "seed=random:" not in out


def test_failed_runs_are_said_to_be_left_out(power, tmp_path):
    sweep(tmp_path, *VALUES)
    write(tmp_path, 9, overrides={"seed": "random"}, strategy="random")
    _, out = power(tmp_path, "--width", 0.01)
    assert "the configuration: 1 failed run left out." in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--metric", "acuracy", "--width", 1], "--metric: no run there has this metric. Received:"
         " acuracy. Did you mean 'accuracy'?"),
        (["--metric", "f1", "--width", 1], "--metric: no run there has this metric. Received: f1."
         " Metrics: loss, accuracy"),
        (["--width", 0], "--width: must be greater than 0. Received: 0.0"),
    ],
)  # fmt: skip
def test_wrong_input_gets_one_line(power, tmp_path, arguments, message):
    with pytest.raises(ConfigError) as raised:
        power(sweep(tmp_path, *VALUES), *arguments)
    assert str(raised.value) == message


def test_without_a_question_it_says_what_to_type(power, tmp_path):
    place = sweep(tmp_path, *VALUES)
    with pytest.raises(ConfigError) as raised:
        power(place)
    typed = f"python -m runner power {place} --difference 0.01"
    assert str(raised.value) == (
        "power: must be told what to plan for: --width, --difference or --verdict. Received:"
        f" none of them. Type for example: {typed}"
    )
    power(place, "--difference", 0.01)  # what it says to type can be typed


def test_too_few_runs_are_refused(power, tmp_path):
    with pytest.raises(ConfigError, match="2 runs, and at least 3 are needed"):
        power(sweep(tmp_path, 0.5, 0.6), "--width", 0.01)


def test_a_directory_without_a_sweep_is_refused(power, tmp_path):
    with pytest.raises(ConfigError, match="no record of a run was found there"):
        power(tmp_path, "--width", 0.01)


def test_a_sweep_without_metrics_is_refused(power, tmp_path):
    write(tmp_path, 0, outputs(), metrics=[])
    with pytest.raises(ConfigError, match="no run there has a metric"):
        power(tmp_path, "--width", 0.01)
