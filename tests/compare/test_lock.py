"""What a lock says of a sweep, and of which it is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import run_cli
from synthetic import change, outputs, write

from runner.commands.compare import compare as compare_command
from runner.commands.lock import lock as lock_command
from runner.compare.lock import Command, from_shell, make_lock, read_command, to_shell
from runner.compare.lock_yaml import format_lock, read_lock, read_side
from runner.compare.snapshot import read_snapshot
from runner.compare.sweeps import compare_sweeps
from runner.errors import ConfigError, RecordError
from runner.numeric.verdicts import State, Verdict
from runner.record.record import RECORD
from runner.record.store import read_arrays, read_run, write_run

SEEDS = "seed=fixed,random,unset"
FUNCTION = ("task=function", "task.function=own_training.with_numpy", "+task.params.steps=4")


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    directory = tmp_path_factory.mktemp("lock")
    return run_cli(directory, *FUNCTION, SEEDS, "replicates=2", "-m")


@pytest.fixture(scope="module")
def text(ended):
    assert ended.status == 0, ended.err
    return format_lock(make_lock(ended.sweep, ended.cwd))


@pytest.fixture
def copy(ended, tmp_path) -> Path:
    """A sweep of the test's own, of the same records."""
    return Path(shutil.copytree(ended.sweep, tmp_path / "copy"))


def rewrite(run: Path, **changes) -> None:
    record = read_run(run / RECORD)
    try:
        arrays = read_arrays(run, record)
    except RecordError:
        arrays = None
    kept = arrays if changes.get("status") is None else None
    write_run(run, change(record, **changes), kept, shared=run)


# --- content


def test_it_says_what_was_measured_and_how_to_do_it_again(text, ended):
    content = yaml.safe_load(text)
    assert content["format"] == 1
    words = ["python", "-m", "runner", *FUNCTION, SEEDS, "replicates=2", "-m"]
    assert content["command"].split() == words
    assert content["environment"]["numpy"] == np.__version__
    assert content["environment"]["runner"] == content["runner"]
    fixed, random, unset = content["configurations"]
    assert fixed["overrides"] == [*FUNCTION[:2], FUNCTION[2], "seed=fixed", "replicates=2"]
    rows = ended.rows("seed")
    for each, seed in ((fixed, "fixed"), (random, "random"), (unset, "unset")):
        assert each["configuration"] == rows[seed]["configuration"]
        assert each["verdict"] == rows[seed]["verdict"]
        assert each["axes"]["builds"] == rows[seed]["across_builds"]
        assert each["config"]["seed.strategy"] == seed
    assert [each["replicates"] for each in (fixed, random, unset)] == [2, 2, 2]
    assert [each["replays"] for each in (fixed, random, unset)] == [0, 1, 0]


STAGES = ["data/inputs", "data/targets", "data", "init/weights", "outputs"]


def test_runs_are_by_their_seeds(text, ended):
    fixed, random, unset = yaml.safe_load(text)["configurations"]
    (run,) = fixed["runs"]
    assert (run["seeds"], run["replicates"]) == ({"value": 42}, [0, 1])
    table = ended.results.runs
    assert {run["digest"]} == set(table[table["seed"] == "fixed"]["digest"])
    first, second = random["runs"]
    assert (first["replicates"], first["replays"]) == ([0], [2])
    assert (second["replicates"], "replays" in second) == ([1], False)
    assert first["seeds"] != second["seeds"]
    assert [list(stages) for stages in first["stages"]] == [STAGES] * 2
    assert {len(digest) for digest in first["stages"][0].values()} == {8}
    # What nobody seeded and what differs is chance.
    assert unset["runs"] == []


def test_it_has_no_time_and_no_place_in_it(text, ended):
    assert str(ended.cwd) not in text
    assert ended.sweep.name not in text
    assert "wall" not in text
    assert "hash_seed" not in text.replace("runtime.hash_seed", "")
    assert "&" not in text  # nothing refers to anything, so that each line can be read by itself
    # Interpolations may name secrets.
    assert "units: '${data.units}'" in text


def test_the_same_sweep_gives_the_same_text(text, ended, copy):
    assert format_lock(make_lock(ended.sweep.parent.parent, ended.cwd)) == text
    assert format_lock(make_lock(copy, ended.cwd)) == text


def test_it_is_read_as_it_was_written(text, ended, tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    lock = read_lock(path)
    assert format_lock(lock) == text
    fixed, random, unset = lock.configurations
    assert fixed.measured.verdict is Verdict.REPEATABLE
    assert random.measured.axes["runs"] is State.DIFFERS
    lines = text.splitlines()
    assert [lines[each.line - 1][:12] for each in lock.configurations] == ["- overrides:"] * 3
    drawn = [run["seeds"]["value"] for run in yaml.safe_load(text)["configurations"][1]["runs"]]
    assert (fixed.drawn, list(random.drawn), unset.drawn) == ((), drawn, ())
    assert lock.unseeded == [f"{' '.join(FUNCTION[:2])} task.params.steps=4 seed=unset"]


def test_a_sweep_and_its_lock_are_the_same(text, ended, tmp_path, capsys):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    found = compare_sweeps(read_snapshot(ended.sweep), read_side(path))
    assert found.is_same()
    assert found.environment == ()
    assert [each.ids.same for each in found.configurations] == [True] * 3
    assert [each.config for each in found.configurations] == [()] * 3
    assert compare_command(path, path) == 0
    assert "3 configurations in both: 2 same, 1 not compared" in capsys.readouterr().out


def test_other_environments_are_shown(ended, copy, capsys):
    for run in copy.glob("*/record.json"):
        environment = {**read_run(run).environment, "numpy": "0.1", "onednn": "0"}
        rewrite(run.parent, environment=environment)
    assert compare_command(ended.sweep, copy) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    numpy = ended.results.environments[0]["numpy"]
    assert ["numpy", numpy, "0.1"] in lines
    assert ["onednn", "-", "0"] in lines


# --- the command


def test_an_existing_lock_is_replaced_only_by_force(ended, text, tmp_path, capsys):
    path = tmp_path / "my.yaml"
    lock_command(ended.sweep, path)
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"{path}: 3 configurations, 7 runs"
    assert second.endswith("seed=unset")
    assert path.read_text() == text
    path.write_text("mine")
    with pytest.raises(ConfigError, match=r"--output: is there already.* Add --force"):
        lock_command(ended.sweep, path)
    assert path.read_text() == "mine"
    lock_command(ended.sweep, path, force=True)
    assert path.read_text() == text
    with pytest.raises(ConfigError, match="--output: its directory does not exist"):
        lock_command(ended.sweep, tmp_path / "nosuch" / "a.yaml")


def test_failed_runs_are_refused(copy):
    rewrite(copy / "3", status="failed", error="ValueError: no\nmore", digest=None)
    refused = rf"{copy}: 1 of 7 runs failed; a lock .*{copy}/3: ValueError: no$"
    with pytest.raises(ConfigError, match=refused):
        make_lock(copy, copy)


def test_unfinished_sweeps_are_refused(copy):
    shutil.rmtree(copy / "6")
    with pytest.raises(ConfigError, match=rf"1 of 7 runs were not made. `.* resume {copy}`"):
        make_lock(copy, copy)
    assert read_snapshot(copy).problems == (f"{copy}: 1 of 7 runs left no record",)


def test_damage_is_refused(copy):
    (copy / "plan.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"plan\.json: is damaged"):
        make_lock(copy, copy)
    (copy / "plan.json").unlink()
    with pytest.raises(ConfigError, match=r"has no plan\.json, which a sweep \(with -m\)"):
        make_lock(copy, copy)
    (copy / "2" / RECORD).write_text("{")
    with pytest.raises(ConfigError, match="has records that cannot be used"):
        make_lock(copy, copy)


def test_several_sweeps_are_refused(ended, copy, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "multirun.yaml").touch()
    write(tmp_path / "other", 0, outputs())
    with pytest.raises(ConfigError, match="holds 2 sweeps, and a lock is of one"):
        make_lock(tmp_path, tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="no record of a run was found there"):
        make_lock(tmp_path / "empty", tmp_path)


# --- reading


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [", "is not valid YAML"),
        ("- 1", "is not a lock"),
        ("", "is not a lock"),
        ("format: 2", "must be of format 1, which is read here. Received: 2"),
        ("format: 1", "lacks the key 'config'"),
        ("\udc80", "is not text in UTF-8"),
    ],
)
def test_what_is_no_lock_is_one_line(tmp_path, content, message):
    path = tmp_path / "a.yaml"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError) as caught:
        read_lock(path)
    assert str(caught.value).startswith(f"{path}: {message}")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("verdict: repeatable", "verdict: fine", "'fine' is not a valid Verdict"),
        ("command: python -m runner", "command: rm -r", "must begin with python -m runner"),
        ("  digest: ", "  digested: ", "lacks the key 'digest'"),
        ("  replicates: [0, 1]", "  replicates: 2", "'int' object is not iterable"),
        ("rtol: 1.0e-05", "rtol: -1", "rtol must be finite and at least 0"),
    ],
)
def test_a_lock_that_was_edited_wrongly_is_one_line(text, tmp_path, old, new, message):
    path = tmp_path / "a.yaml"
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ConfigError, match=message):
        read_lock(path)


def test_a_lock_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match=r"a\.yaml: no such file. `python -m runner lock DIR`"):
        read_lock(tmp_path / "a.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_lock(tmp_path)


# --- command lines


def test_command_lines_survive_the_shell():
    said = ["model=a b", "+x='${y:1}'", "--config-dir", "my dir", "-cn", "other", "-m"]
    command = read_command([*said, "hydra.sweep.dir=x", "hydra.mode=MULTIRUN"])
    assert command == Command(("model=a b", "+x='${y:1}'"), "other", "my dir")
    assert from_shell(to_shell(command)) == command
    plain = Command(("seed=fixed,random",))
    assert to_shell(plain) == "python -m runner seed=fixed,random -m"
    assert from_shell(to_shell(plain)) == plain


def test_what_is_trusted_is_said_anew_by_whoever_checks():
    for said in (["--trust", "my_package"], ["--trust=my_package"]):
        assert "trust" not in to_shell(read_command(["seed=fixed", *said, "-m"]))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (["--config-path", "x"], "--config-path: a lock covers only shipped configs"),
        (["--experimental-rerun=x"], "--experimental-rerun: is an option that a lock cannot"),
        (["--config-dir=x", "hydra.searchpath=[]"], "hydra.searchpath: cannot be locked together"),
    ],
)
def test_what_a_lock_cannot_repeat_is_refused(said, message):
    with pytest.raises(ConfigError, match=message):
        read_command(said)
