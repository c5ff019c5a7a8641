"""Locks checked with real runs: what is unchanged holds, and what changed is named."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from conftest import run_cli

import runner
from runner.compare.lock import make_lock
from runner.compare.lock_yaml import format_lock
from runner.plan.schedule import Repetition, plan_runs

MODULE = '''
import numpy as np

SCALE, BROKEN = 1.0, None
X = np.linspace(-1, 1, 24, dtype=np.float32).reshape(6, 4)


def train(config, seeds):
    """Three steps of least squares from a drawn start."""
    if config.seed.strategy.name == BROKEN:
        raise ValueError("no such file")
    rng = np.random.default_rng(seeds.get("value"))
    start = SCALE * rng.normal(size=(4, 3))
    weights = start - 0.1 * X.T @ (X @ start)
    stages = {"data": X, "init/weights": start}
    return {"outputs": X @ weights, "norm": abs(weights).sum(), "stages": stages}


def hashed(config, seeds):
    """In the order of a set of strings, which the hash seed decides."""
    names = {f"feature{i}" for i in range(40)}
    return {"outputs": np.array([[float(name[7:])] for name in names])}
'''
FUNCTIONS = "task.function=my_training.train,my_training.hashed"
TRUST = {"RUNNER_TRUST": "my_training"}
LOCK = "runner.lock.yaml"


def check(directory: Path, *arguments: str):
    return run_cli(directory, "check", *arguments, **TRUST)


def sweeps(directory: Path) -> list[Path]:
    return sorted((directory / "outputs").glob("*/*"))


def names(text: str, result: str) -> list[str]:
    """The configurations of which a check says so."""
    return re.findall(rf"^{result} +(\S.*)$", text, re.M)


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """A directory with a module, a sweep of it and a lock of the sweep."""
    directory = tmp_path_factory.mktemp("check")
    (directory / "my_training.py").write_text(MODULE)
    grid = ("task=function", FUNCTIONS, "seed=fixed,random,unset", "replicates=4")
    # So sure that chance alone changes no metric of what nobody seeded.
    grid = (*grid, "compare.confidence=0.99999", "-m")
    made = run_cli(directory, *grid, **TRUST)
    assert made.status == 0, made.err
    written = run_cli(directory, "lock", str(made.sweep))
    assert written.status == 0, written.err
    return directory


@pytest.fixture(scope="module")
def unchanged(locked):
    """The check's answer, and the sweep that it left."""
    before = set(sweeps(locked))
    answer = check(locked)
    (left,) = set(sweeps(locked)) - before
    return answer, left


@pytest.fixture(scope="module")
def changed(locked, unchanged):
    """The same after the module was changed."""
    source = MODULE.replace("SCALE, BROKEN = 1.0, None", 'SCALE, BROKEN = 1.5, "random"')
    (locked / "my_training.py").write_text(source)
    yield check(locked, "--directory=again", "--replicates=1", "--format=github")
    (locked / "my_training.py").write_text(MODULE)


def test_what_did_not_change_holds(unchanged):
    answer, left = unchanged
    assert answer.status == 0, answer.err
    assert len(names(answer.out, "held")) == 6
    assert names(answer.out, "changed") == names(answer.out, "not checked") == []
    assert f"A  {LOCK}\nB  {left.relative_to(answer.cwd)}" in answer.out
    assert "environment: the same" in answer.out
    assert answer.out.splitlines()[-1] == "6 held"


@pytest.mark.slow
def test_it_says_what_was_compared(unchanged):
    text = unchanged[0].out
    after = {name: text.split(f" {name}\n")[1].splitlines() for name in names(text, "held")}
    train = "task.function=my_training.train"
    said = "verdict repeatable; bit for bit the same with 1 seed"
    assert after[f"{train} seed=fixed"][0].strip() == said
    said = "verdict seed-driven; bit for bit the same with 4 seeds"
    assert after[f"{train} seed=random"][0].strip() == said
    unlike = "verdict uncontrolled; outputs cannot be compared bit for bit"
    assert after[f"{train} seed=unset"][0].strip() == unlike
    hashed = after["task.function=my_training.hashed seed=fixed"]
    assert hashed[0].strip() == unlike
    assert hashed[1].strip().startswith("not compared bit for bit: runs with equal seeds are not")


@pytest.mark.slow
def test_it_leaves_an_ordinary_sweep_with_the_seeds_of_the_lock(locked, unchanged):
    _, left = unchanged
    first = runner.load(sweeps(locked)[0]).runs
    again = runner.load(left).runs
    columns = ["task.function", "seed", "configuration", "replicate", "replay_of", "seeds"]
    assert again[columns].equals(first[columns])
    assert (left / "table.csv").exists()
    # It can be locked and resumed as any other.
    command = yaml.safe_load((locked / LOCK).read_text())["command"]
    assert f"\ncommand: {command}\n" in format_lock(make_lock(left, locked))
    # Its code may have been changed meanwhile, by the other tests here.
    resumed = run_cli(locked, "resume", str(left), "--accept-change", **TRUST)
    assert resumed.status == 0, resumed.err
    assert "26 of 26 runs were done already" in resumed.err


def test_what_changed_is_named_at_its_line_of_the_lock(locked, changed):
    assert changed.status == 1, changed.err
    lines = (locked / LOCK).read_text().splitlines()
    found = re.findall(r"^::(\w+) file=([^,]+),line=(\d+),title=([^:]+)::(.*)$", changed.out, re.M)
    errors = {title: (int(line), text) for level, _, line, title, text in found if level == "error"}
    train = "task.function=my_training.train"
    # What nobody seeded and nobody broke may change or not: two runs of it were made.
    unset = errors.pop(f"changed%3A {train} seed=unset", None)
    assert unset is None or "metrics differ: norm" in unset[1]
    assert set(errors) == {f"changed%3A {train} seed=fixed", f"changed%3A {train} seed=random"}
    assert {file for _, file, *_ in found} == {LOCK}
    for title, (line, _) in errors.items():
        entry = " ".join(lines[line - 1 : line + 1])
        assert entry.startswith("- overrides: ")
        assert title.rpartition(" ")[2] in entry
    changes, explanation = errors[f"changed%3A {train} seed=fixed"][1].split("%0A")[::2]
    assert changes == "outputs differ (by their digests), first at init/weights in build 0"
    assert "the source init drives it, though its recorded seed is the same (42)" in explanation
    assert errors[f"changed%3A {train} seed=random"][1].startswith("verdict seed-driven -> failed")


def test_fewer_replicates_are_enough_but_for_verdicts(locked, changed):
    runs = runner.load(locked / "again").runs
    counts = runs[runs["replay_of"].isna()].groupby(["task.function", "seed"]).size()
    train, hashed = counts["my_training.train"], counts["my_training.hashed"]
    assert train.to_dict() == {"fixed": 1, "random": 1, "unset": 2}
    assert hashed.to_dict() == {"fixed": 2, "random": 2, "unset": 2}


def test_the_two_sweeps_compare_as_the_check_says(locked, changed):
    first = str(sweeps(locked)[0])
    answer = run_cli(locked, "compare", first, "again", "--format=json")
    assert answer.status == 1, answer.err
    found = {row["name"]: row for row in json.loads(answer.out)["configurations"]}
    train = "task.function=my_training.train"
    fixed = found[f"{train} seed=fixed"]["pairing"]
    assert (fixed["state"], fixed["seeds"], fixed["first"]) == ("differs", 1, "init/weights")
    assert fixed["max_abs_diff"] > 0.01
    random = found[f"{train} seed=random"]
    assert random["pairing"]["reason"] == "no run succeeded in B"
    assert random["changes"] == ["verdict seed-driven -> failed"]
    assert found[f"{train} seed=unset"]["pairing"]["state"] == "unmeasured"


# --- the configs themselves


@pytest.fixture(scope="module")
def keras(tmp_path_factory):
    """A lock of a Keras model and two files of configs, of which one is changed afterwards."""
    directory = tmp_path_factory.mktemp("keras")
    groups = directory / "my" / "train"
    groups.mkdir(parents=True)
    for name in ("short", "long"):
        (groups / f"{name}.yaml").write_text("defaults: [default]\nepochs: 1\n")
    made = run_cli(
        directory, "data=article", "model=linear", "train=short,long", "replicates=2",
        "builds=1", "calls=1", "-m", "--config-dir=my",
    )  # fmt: skip
    assert made.status == 0, made.err
    (directory / "locks").mkdir()
    output = f"--output={directory / 'locks' / 'article.yaml'}"
    written = run_cli(directory, "lock", str(made.sweep), output)
    assert written.status == 0, written.err
    (groups / "long.yaml").write_text("defaults: [default]\nepochs: 2\n")
    return directory, check(directory, "locks/article.yaml")


@pytest.mark.slow
def test_a_keras_model_holds(keras):
    directory, answer = keras
    assert "--config-dir ../my" in (directory / "locks" / "article.yaml").read_text()
    assert names(answer.out, "held") == ["train=short"]


@pytest.mark.slow
def test_a_changed_config_is_named(keras):
    _, answer = keras
    assert answer.status == 1, answer.err
    assert names(answer.out, "changed") == ["train=long"]
    said = "matched by its overrides: the configs differ in train.epochs 1 -> 2"
    assert said in answer.out
    assert "outputs differ (by their digests)" in answer.out
    assert answer.out.splitlines()[-1] == "1 held, 1 changed"


@pytest.mark.slow
def test_what_can_no_longer_be_composed_is_one_line(keras):
    directory, _ = keras
    text = (directory / "locks" / "article.yaml").read_text()
    (directory / "locks" / "old.yaml").write_text(text.replace("builds=1", "biulds=1"))
    before = sweeps(directory)
    answer = check(directory, "locks/old.yaml")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == "biulds: is not a key of the config. Did you mean 'builds'?\n"
    assert sweeps(directory) == before


@pytest.mark.slow
def test_a_lock_says_nothing_to_hydra(keras):
    directory, _ = keras
    text = (directory / "locks" / "article.yaml").read_text()
    planted = text.replace("model=linear", "model=linear hydra.job.chdir=true", 1)
    (directory / "locks" / "planted.yaml").write_text(planted)
    answer = check(directory, "locks/planted.yaml")
    assert answer.status == 2
    assert answer.err.startswith("hydra.job.chdir: cannot be set in a config file.")


# --- plans and launchers


def test_known_seeds_take_the_place_of_drawn_ones():
    wanted = [Repetition(3, replays=1, seeds=(7, 0, 9)), Repetition(2, draws=True), Repetition(1)]
    runs = plan_runs(wanted, 2, lambda count: list(range(100, 100 + count)))
    seeds = {(run.configuration, run.replicate, run.replay_of): run.seed for run in runs}
    assert seeds == {
        (0, 0, None): 7, (0, 1, None): 0, (0, 2, None): 9, (0, 3, 0): 7,
        (1, 0, None): 100, (1, 1, None): 101, (2, 0, None): None,
    }  # fmt: skip


@pytest.mark.slow
def test_another_launcher_runs_a_lock_as_well(tmp_path):
    (tmp_path / "my_training.py").write_text(MODULE)
    function = ("task=function", "task.function=my_training.train", "hydra/launcher=basic")
    made = run_cli(tmp_path, *function, "seed=random", "replicates=1", "replays=0", "-m", **TRUST)
    assert run_cli(tmp_path, "lock", str(made.sweep)).status == 0
    answer = check(tmp_path)
    assert answer.status == 0, answer.err
    assert "verdict insufficient; bit for bit the same with 1 seed" in answer.out


def test_wrong_commands_are_one_line(tmp_path):
    answer = check(tmp_path)
    assert (answer.status, answer.out) == (2, "")
    said = f"{LOCK}: no such file. `python -m runner lock DIR` writes one\n"
    assert answer.err == said
    answer = check(tmp_path, "--replicates=0")
    assert answer.status == 2
    assert len(answer.err.splitlines()) == 1
