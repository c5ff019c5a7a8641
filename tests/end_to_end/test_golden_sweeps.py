"""Sweeps written by an older version say what they said: `report`, `compare`, `diff` and `lock`.

tests/golden/format_2 holds sweeps with records of format 2 and what the version that wrote them
printed of them, with 120 columns.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from runner.analysis.results import collate
from runner.commands.app import app
from runner.config.compose import open_configs
from runner.errors import RunnerError, SweepFailed
from runner.report import files

GOLDEN = Path(__file__).parents[1] / "golden"
OLD = GOLDEN / "format_2"
SWEEPS = ("article", "collapse", "faults", "grid", "numbers", "single", "sources")

COMMANDS = {
    **{f"report_{name}": ["report", f"outputs/{name}"] for name in SWEEPS},
    "compare_grids": ["compare", "outputs/grid", "outputs/grid_b"],
    "compare_json": ["compare", "outputs/numbers", "outputs/faults", "--format", "json"],
    "compare_markdown": ["compare", "outputs/sources", "outputs/grid", "--format", "markdown"],
    "compare_lock": ["compare", "expected/grid.lock.yaml", "outputs/grid_b"],
    "diff_text": ["diff", "outputs/grid/6", "outputs/grid_b/6"],
    "diff_json": ["diff", "outputs/numbers/0", "outputs/numbers/1", "--format", "json"],
    "diff_single": ["diff", "outputs/single", "outputs/grid/0"],
}


@pytest.fixture
def old(tmp_path, monkeypatch):
    """A copy of the old sweeps, as the current directory."""
    shutil.copytree(OLD, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


def run_command(arguments, capsys) -> str:
    """What a command prints, with its exit status and error as the fixtures have them."""
    status, said = 0, ""
    try:
        status = app(arguments, standalone_mode=False) or 0
    except RunnerError as error:
        status, said = 1 if isinstance(error, SweepFailed) else 2, f"{error}\n"
    out, err = capsys.readouterr()
    return f"{out}exit status {status}\n{err}{said}"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_prints_what_it_printed(old, capsys, golden, name):
    golden(OLD / "expected" / f"{name}.txt", run_command(COMMANDS[name], capsys))


@pytest.mark.parametrize("name", ["grid", "numbers"])
def test_a_lock_has_the_text_that_it_had(old, capsys, golden, name):
    (old / "expected" / f"{name}.lock.yaml").unlink()
    done = app(
        ["lock", f"outputs/{name}", "--output", f"expected/{name}.lock.yaml"],
        standalone_mode=False,
    )
    assert not done
    golden(OLD / "expected" / f"lock_{name}.txt", capsys.readouterr().out)
    lock = f"{name}.lock.yaml"
    golden(OLD / "expected" / lock, (old / "expected" / lock).read_text("utf-8"), frozen=True)


@pytest.mark.parametrize("name", [each for each in SWEEPS if each != "single"])
def test_the_files_are_those_that_were_saved(old, golden, name):
    files.save(collate(Path("outputs", name)))
    saved = sorted(path.name for path in (OLD / "outputs" / name).glob("*.[cm][sd]*"))
    assert {"runs.csv", "table.csv", "table.md"} <= set(saved)
    for each in saved:
        golden(OLD / "outputs" / name / each, Path("outputs", name, each).read_text("utf-8"))


def test_through_the_program_itself(cli, golden, tmp_path):
    shutil.copytree(OLD, tmp_path / "work")
    done = cli("report", "outputs/grid", COLUMNS="120", NO_COLOR="1")
    said = f"{done.out}exit status {done.status}\n{done.err}"
    golden(OLD / "expected" / "report_grid.txt", said)


def test_configuration_ids_are_what_they_were(monkeypatch, golden):
    """Locks, resumed sweeps and comparisons with older sweeps rest on them."""
    monkeypatch.setenv("RUNNER_TRUST", "json,python")
    lines = (GOLDEN / "configuration_ids.txt").read_text("utf-8").splitlines()
    assert len(lines) > 50
    said = []
    with open_configs(None) as configs:
        for line in lines:
            overrides = line.partition("  ")[2]
            given = [] if overrides == "(defaults)" else overrides.split(" ")
            said.append(f"{configs.compose(given).id}  {overrides}\n")
    golden("configuration_ids.txt", "".join(said), frozen=True)
