"""What you type yourself is yours, trust above all; what others typed is not."""

from __future__ import annotations

import os
import shlex
from dataclasses import MISSING, fields
from pathlib import Path

import pytest
from all_attacks import ATTACKS
from attacking import MARKER, start, write

from runner.errors import ConfigError
from runner.plan.manifest import Manifest, write_manifest
from runner.statistics.sequential_decision import Question, Rule
from runner.sweep.stored_question import write_question
from runner.trust.names import VARIABLE, take_option

# --- command lines that others typed


def plan(work: Path, command: str, started_in: Path) -> None:
    """Leave a plan that somebody made in the directory of a sweep."""
    arguments = shlex.split(command)
    overrides = [each for each in arguments if "=" in each and not each.startswith("-")]
    (work / "sweep").mkdir()
    blank = {
        each.name: {} if "dict[" in each.type[:5] else []
        for each in fields(Manifest)
        if each.default is MISSING
    }
    given = {"command": arguments, "overrides": overrides, "started_in": str(started_in)}
    write_manifest(work / "sweep", Manifest(**{**blank, **given}))


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("+hydra.callbacks.x._target_=payload.build -m", "hydra.callbacks.x._target_: cannot be"),
        ("hydra.searchpath=[pkg://payload] -m", "hydra.searchpath: cannot be set"),
        ("--config-path=pkg://payload -m", "--config-path: cannot be set in a config file"),
        ("data=npz data.source.path=/x.npz data.units=2 -m", "data.source.path: may only"),
        ("--trust payload model._target_=payload.build -m", "--trust: is not an option"),
    ],
)
def test_a_plan_that_is_resumed_is_no_command_line(tmp_path, command, line):
    work = tmp_path / "work"
    write(work, {})
    plan(work, command, work)
    answer = start(work, "resume sweep")
    assert answer.err.startswith(line)
    assert answer.err.count("\n") == 1
    assert (answer.status, answer.made) == (2, [])


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("+hydra.callbacks.x._target_=payload.build", "hydra.callbacks.x._target_: cannot be"),
        ("hydra.run.dir=/elsewhere", "hydra.run.dir: cannot be set"),
        ("data=npz data.source.path=/x.npz data.units=2", "data.source.path: may only"),
        ("model._target_=payload.build", "model._target_: "),
    ],
)
def test_a_decision_that_is_gone_on_with_is_no_command_line(tmp_path, override, line):
    work = tmp_path / "work"
    write(work, {})
    (work / "decision").mkdir()
    a, b = ([*override.split(), "seed=random", f"train.epochs={epochs}"] for epochs in (1, 2))
    asked = Question(a, b, "accuracy", True, 5, Rule())
    write_question(work / "decision", asked)
    answer = start(work, "decide --resume decision")
    assert answer.err.startswith(line)
    assert answer.err.count("\n") == 1
    assert (answer.status, answer.made) == (2, [])


@pytest.mark.slow
def test_what_stands_in_the_word_of_one_side_is_typed(tmp_path):
    """A file elsewhere may be named there, as in any override; this one does not exist."""
    work = tmp_path / "work"
    write(work, {})
    given = "data=npz data.units=2 data.source.path=/nowhere/x.npz"
    answer = start(work, f"decide --a 'model=mlp {given}' --b 'model=linear {given}' --max-pairs 1")
    assert "may only" not in answer.err
    assert answer.status == 2


def test_a_plan_does_not_say_where_to_work(tmp_path):
    work, other = tmp_path / "work", tmp_path / "other"
    write(work, {})
    write(other, {})
    plan(work, "data=npz data.source.path=x.npz data.units=2 builds=0 -m", other)
    answer = start(work, "resume sweep")
    assert answer.err == (
        f"resume: was started in another directory. Received: {other}."
        f" Go there first, or run with --trust {other}/ if it is yours\n"
    )
    assert (answer.status, answer.made) == (2, [])
    for trust, place in ((f" --trust {tmp_path}/", work), ("", other)):
        answer = start(place, f"resume {work}/sweep{trust}")
        assert answer.err.startswith("builds: must be at least 1"), answer.err


# --- with trust


@pytest.mark.parametrize("place", ["--trust payload lint {}", "lint --trust=payload {}", "lint {}"])
def test_a_package_is_trusted_for_a_lint_that_runs_nothing(tmp_path, place):
    write(tmp_path / "work", {})
    trust = {} if "--trust" in place else {VARIABLE: "other, payload"}
    answer = start(tmp_path / "work", place.format("model._target_=payload.build"), **trust)
    assert (answer.status, answer.err, answer.made) == (0, "", [])


def test_trust_in_hydra_lets_files_say_what_it_does(tmp_path):
    attack = ATTACKS["settings: callback"]
    write(tmp_path / "work", attack.files)
    answer = start(tmp_path / "work", f"--trust hydra,payload {attack.arguments} replicates=0")
    assert answer.err.endswith("replicates: must be at least 1. Received: 0\n")
    assert MARKER in answer.made  # by the callback, which is made before the config is checked


@pytest.mark.parametrize(
    "arguments",
    [
        "lint data=npz data.source.path=../x.npz data.units=2",
        "lint --config-dir=evil experiment=x --trust ../",
    ],
)
def test_files_elsewhere_may_be_typed_or_trusted(tmp_path, arguments):
    write(tmp_path / "work", ATTACKS["places: data"].files)
    answer = start(tmp_path / "work", arguments)
    assert (answer.status, answer.err) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "left", "names"),
    [
        (["a=1", "--trust", "p", "-m"], ["a=1", "-m"], {"p"}),
        (["--trust=p,q", "--trust", "r, s"], [], {"p", "q", "r", "s"}),
        (["--trusty", "a=--trust"], ["--trusty", "a=--trust"], set()),
    ],
)
def test_trust_is_taken_out_of_the_command_line(monkeypatch, arguments, left, names):
    monkeypatch.setenv(VARIABLE, "kept")
    assert take_option(arguments) == left
    assert set(os.environ[VARIABLE].split(",")) == {"kept", *names}


@pytest.mark.parametrize(
    "arguments", [["--trust"], ["--trust="], ["--trust", "-m"], ["--trust=a,"]]
)
def test_trust_must_name_something(arguments):
    with pytest.raises(ConfigError, match="--trust: must name a package"):
        take_option(arguments)
