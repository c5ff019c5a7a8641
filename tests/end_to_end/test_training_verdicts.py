"""What people train: under each strategy of seeds the verdict is right, in any kind of process.

Each file of tests/apps/conf/training is such a training. One sweep of all of them over the
strategies is made by forking and one by spawning; in both, each training is also interrupted after
its first epoch and goes on. The first sweep is then cut short and finished, locked, and checked.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from conftest import APPS, run_cli

import runner
from runner.record.record import RECORD
from runner.record.store import read_run

pytestmark = pytest.mark.exhaustive


class Training(NamedTuple):
    """What is true of a training."""

    first: str
    """Stage at which runs part first when nothing is seeded, or each run has another seed."""
    varies: str
    """Sources of randomness that then differ."""
    resume: str = "same"
    """Whether it ends the same after an interruption."""
    lost: str | None = None
    """What its checkpoint does not keep."""


TRAININGS = {
    "functional": Training("init/hidden/kernel", "init, order"),
    "two_inputs": Training("init/hidden/kernel", "init, order", "differs", "the order of the rows"),
    "two_outputs": Training(
        "init/hidden/kernel", "init, order", "differs", "the optimizer's state"
    ),
    "adapted_text": Training("init/embedding/embeddings", "init, order"),
    "keras_file": Training(
        "dropout", "dropout, order", "differs", "the state of stochastic layers"
    ),
    "early_stopped": Training("init/dense/kernel", "init, order"),
    "transferred": Training("init/head/kernel", "init, order"),
}
SEEDS = ("unset", "fixed", "random", "derived")
SWEEP = (
    f"+training={','.join(TRAININGS)}", f"seed={','.join(SEEDS)}", "resumes=[1]", "replicates=2",
    "builds=1", "--config-dir=my", "-m",
    # So sure that chance alone changes no metric of what nobody seeded.
    "compare.confidence=0.99999",
)  # fmt: skip
TRUST = {"RUNNER_TRUST": "field_data"}
LONG_S = 1800.0

BODY = (
    "~model",
    "+model={_target_: keras.Sequential, layers: ["
    "{_target_: keras.layers.Dense, units: 32, activation: relu, name: body},"
    "{_target_: keras.layers.Dense, units: 10, activation: softmax}]}",
    "train.callbacks=[{_target_: keras.callbacks.ModelCheckpoint, filepath: body.keras}]",
)
"""The run whose body is transferred."""

KEPT = """
import sys, keras
from keras import layers
keras.utils.set_random_seed(int(sys.argv[1]))
x = keras.Input((64,))
hidden = layers.Dense(16, activation="relu", name="hidden")(x)
dropped = layers.Dropout(0.5, name="dropped")(hidden)
keras.Model(x, layers.Dense(10, activation="softmax", name="classes")(dropped)).save("kept.keras")
"""
"""A program that writes the model file."""


def write_model(directory: Path, seed: int) -> None:
    subprocess.run([sys.executable, "-c", KEPT, str(seed)], cwd=directory, check=True, timeout=120)


def write_texts(directory: Path) -> None:
    """Thirty texts of each of two classes."""
    draws = random.Random(0)
    for name, words in {"bad": "poor dull slow late", "good": "fine warm fast kind"}.items():
        (directory / name).mkdir(parents=True)
        for number in range(30):
            text = " ".join(draws.choices([*words.split(), "the", "a", "film"], k=5))
            (directory / name / f"{number:02}.txt").write_text(text)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A directory with what the trainings read."""
    directory = tmp_path_factory.mktemp("made")
    shutil.copytree(APPS / "conf" / "training", directory / "my" / "training")
    write_texts(directory / "texts")
    write_model(directory, 1)
    first = run_cli(directory, *BODY, "train.epochs=1", "hydra.run.dir=first")
    assert first.status == 0, first.err
    return directory


def sweep(made, isolation):
    directory = made.parent / isolation
    shutil.copytree(made, directory)
    ended = run_cli(directory, *SWEEP, f"isolation={isolation}", timeout=LONG_S, **TRUST)
    assert ended.status == 0, ended.err
    return ended


@pytest.fixture(scope="module")
def fork(made):
    return sweep(made, "fork")


@pytest.fixture(scope="module")
def spawn(made):
    return sweep(made, "spawn")


ISOLATIONS = pytest.mark.parametrize("isolation", ["fork", "spawn"])


@ISOLATIONS
@pytest.mark.parametrize("name", TRAININGS)
def test_the_verdict_of_each_strategy_is_right(request, isolation, name):
    table = request.getfixturevalue(isolation).results.table
    rows = table[table["training"] == name].set_index("seed")
    assert set(rows.index) == set(SEEDS)
    columns = ["verdict", "across_runs", "replay", "first_divergence", "varies_with"]
    found = {seed: tuple(rows.loc[seed, columns].fillna("")) for seed in SEEDS}
    true = TRAININGS[name]
    derived = {"split", *true.varies.split(", ")}
    assert set(found["derived"][-1].split(", ")) == derived
    assert found == {
        "unset": ("uncontrolled", "differs", "unmeasured", true.first, true.varies),
        "fixed": ("repeatable", "same", "unmeasured", "", ""),
        "random": ("seed-driven", "differs", "same", true.first, true.varies),
        "derived": ("seed-driven", "differs", "same", "split", found["derived"][-1]),
    }


@ISOLATIONS
@pytest.mark.parametrize("name", TRAININGS)
def test_an_interrupted_training_goes_on(request, isolation, name):
    table = request.getfixturevalue(isolation).results.table
    rows = table[table["training"] == name].set_index("seed")
    true = TRAININGS[name]
    assert rows.loc["unset", "resume"] == "unmeasured"
    for seed in SEEDS[1:]:
        assert rows.loc[seed, "resume"] == true.resume, seed
        assert rows["lost"].astype(object).where(rows["lost"].notna(), None)[seed] == true.lost


def digests_of(ended, seeds) -> dict[tuple[str, ...], str]:
    """The digest of the outputs of each run, by what was run."""
    runs = ended.results.runs
    runs = runs[runs["seed"].isin(seeds)]
    keys = runs[["training", "seed", "replicate"]].astype(str)
    keys["kind"] = [
        "resumed" if pd.notna(resumed) else "replayed" if pd.notna(replayed) else "run"
        for resumed, replayed in runs[["resume_of", "replay_of"]].astype(object).to_numpy()
    ]
    return dict(zip(map(tuple, keys.to_numpy()), runs["digest"], strict=True))


def test_forked_and_spawned_runs_give_the_same_outputs(fork, spawn):
    seeded = ("fixed", "derived")
    digests = digests_of(fork, seeded)
    assert len(digests) == (3 + 4) * len(TRAININGS)
    assert digests == digests_of(spawn, seeded)
    # What has other seeds, or another training, has other outputs.
    fixed = {key[0]: digest for key, digest in digests.items() if key[1] == "fixed"}
    assert len(set(fixed.values())) == len(TRAININGS)


@ISOLATIONS
def test_a_training_that_is_stopped_early_ends_early(request, isolation):
    runs = request.getfixturevalue(isolation).results.runs
    epochs = runs.loc[runs["training"] == "early_stopped", "epochs"]
    assert ((epochs > 1) & (epochs < 30)).all()


@ISOLATIONS
def test_a_body_that_was_transferred_starts_alike_and_stays(request, isolation):
    ended = request.getfixturevalue(isolation)
    runs = ended.results.runs
    kernels = set()
    whole = (runs["training"] == "transferred") & runs["resume_of"].isna()
    for directory in runs.loc[whole, "dir"]:
        stages = read_run(ended.sweep / directory / RECORD).fingerprints[0]
        body, head = ("sequential/body/kernel", "head/kernel")
        assert stages[f"init/{body}"] == stages[f"weights/{body}"]
        assert stages[f"init/{head}"] != stages[f"weights/{head}"]
        kernels.add(stages[f"init/{body}"])
    assert len(kernels) == 1


# --- cut short and finished


def test_a_sweep_that_lacks_runs_is_finished_with_the_same_table(fork, tmp_path):
    cut = tmp_path / "cut"
    shutil.copytree(fork.sweep, cut)
    runs = fork.results.runs
    # What nobody seeded cannot be made again: of all else a run, a replay, or a resumed one.
    lacking = []
    for count, (_, group) in enumerate(runs[runs["seed"] != "unset"].groupby(["training", "seed"])):
        lacking.append(group["dir"].iloc[count % len(group)])
    for number, directory in enumerate(lacking):
        if number % 2:
            shutil.rmtree(cut / directory)
        else:
            (cut / directory / RECORD).unlink()
    ended = run_cli(fork.cwd, "resume", str(cut), timeout=LONG_S, **TRUST)
    assert ended.status == 0, ended.err
    assert f"{len(runs) - len(lacking)} of {len(runs)} runs were done already" in ended.err
    tables = [runner.load(each).table.drop(columns="wall_s") for each in (cut, fork.sweep)]
    pd.testing.assert_frame_equal(*tables)
    digests = [runner.load(each).runs[["seeds", "digest"]] for each in (cut, fork.sweep)]
    pd.testing.assert_frame_equal(*digests)


# --- locked and checked


@pytest.fixture(scope="module")
def locked(fork):
    """The directory of the sweep, with a lock of it."""
    written = run_cli(fork.cwd, "lock", str(fork.sweep))
    assert written.status == 0, written.err
    return fork.cwd


def check(directory, name):
    """Check the lock; the new sweep is put beside the others, of which there is to be one."""
    given = ("--replicates=1", f"--directory={name}")
    return run_cli(directory, "check", *given, timeout=LONG_S, **TRUST)


def names(answer, result):
    return set(re.findall(rf"^{result} +(\S.*)$", answer.out, re.M))


def grid(trainings, seeds=SEEDS):
    return {f"training={training} seed={seed}" for training in trainings for seed in seeds}


@pytest.fixture(scope="module")
def unchanged(locked):
    return check(locked, "unchanged")


def test_what_did_not_change_holds(unchanged):
    assert unchanged.status == 0, unchanged.out + unchanged.err
    assert names(unchanged, "held") == grid(TRAININGS)
    assert unchanged.out.count("bit for bit the same with") == 3 * len(TRAININGS)


@pytest.fixture
def changed(locked, unchanged):
    """The answer after the config of one training and the model file of another changed."""
    config, model = locked / "my" / "training" / "functional.yaml", locked / "kept.keras"
    kept = {path: path.read_bytes() for path in (config, model)}
    config.write_text(
        config.read_text() + "model:\n  nodes: {hidden: {layer: {activation: tanh}}}\n"
    )
    write_model(locked, 2)
    yield check(locked, "changed")
    for path, content in kept.items():
        path.write_bytes(content)


def test_what_changed_is_named_and_nothing_else(changed):
    assert changed.status == 1, changed.err
    others = ("functional", "keras_file")
    assert names(changed, "changed") >= grid(others, SEEDS[1:])
    assert names(changed, "held") >= grid(set(TRAININGS) - set(others))
    said = "the configs differ in model.nodes.hidden.layer.activation relu -> tanh"
    assert " ".join(changed.out.split()).count(said) >= len(SEEDS[1:])
    (found,) = re.findall(
        r"^changed +training=keras_file seed=fixed\n((?: .*\n)+)", changed.out, re.M
    )
    said = "outputs differ (by their digests), first at init/hidden/kernel"
    assert said in " ".join(found.split())
