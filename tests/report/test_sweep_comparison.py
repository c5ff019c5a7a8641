"""Two sweeps compared: what a person, a program and a notebook see of it."""

from __future__ import annotations

import json

import pytest
from synthetic_sweeps import BASE, MOVED, ROUNDED, sweep

import runner
from runner.commands.compare import Format
from runner.commands.compare import compare as compare_command
from runner.errors import ConfigError, RunnerError


@pytest.fixture
def two(tmp_path):
    a = sweep(tmp_path / "a", BASE, BASE, environment={"numpy": "2.0"})
    b = sweep(tmp_path / "b", MOVED, MOVED, environment={"numpy": "2.1"})
    return a, b


def test_text(two, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    assert compare_command(*two) == 1
    text = capsys.readouterr().out
    assert f"A  {two[0]}\nB  {two[1]}" in text
    lines = [line.split() for line in text.splitlines()]
    assert ["numpy", "2.0", "2.1"] in lines
    (row,) = (line for line in lines if line[:1] == ["fixed"])
    assert row[1:6] == ["differs", "1", "-", "0.25", "deterministic"]
    assert "outputs differ, by at most 0.25" in text
    assert text.splitlines()[-1] == "1 configuration in both: 1 differs"


def test_markdown(two, capsys):
    assert compare_command(*two, format=Format.markdown) == 1
    text = capsys.readouterr().out
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len({row.count("|") for row in rows[:3]}) == 1
    assert "| outputs differ, by at most 0.25; The outputs are not the same" in rows[2]
    assert "| numpy | 2.0 | 2.1 |" in rows


def test_json(two, capsys):
    assert compare_command(*two, format=Format.json) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["same"] is False
    (row,) = found["configurations"]
    assert row["pairing"]["state"] == "differs"
    assert row["pairing"]["max_abs_diff"] == pytest.approx(0.25)
    assert row["changes"] == ["outputs differ, by at most 0.25"]
    assert found["environment"] == [{"name": "numpy", "a": ["2.0"], "b": ["2.1"]}]


def test_the_status_says_whether_rounding_was_allowed(tmp_path, capsys):
    a, b = sweep(tmp_path / "a", BASE, BASE), sweep(tmp_path / "b", ROUNDED, ROUNDED)
    assert compare_command(a, b) == 1
    assert compare_command(a, b, allow_rounding=True) == 0
    assert compare_command(a, a) == 0
    assert "1 configuration in both: 1 same" in capsys.readouterr().out


def test_paths_that_hold_nothing(tmp_path):
    a = sweep(tmp_path / "a", BASE)
    with pytest.raises(ConfigError, match=r"B: .*nosuch: no such file or directory"):
        compare_command(a, tmp_path / "nosuch")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"A: .*no record of a run was found there"):
        compare_command(tmp_path / "empty", a)
    (tmp_path / "text").write_text("hello: 1\n")
    with pytest.raises(ConfigError, match="is not a lock"):
        compare_command(a, tmp_path / "text")


def test_from_a_notebook(two):
    assert not runner.compare_sweeps(*two).is_same()
    assert runner.compare_sweeps(str(two[0]), two[0]).is_same()
    with pytest.raises(RunnerError):
        runner.compare_sweeps(two[0], "nosuch")
