"""Known truths of TensorFlow and Keras, measured by real processes through the command line."""

from __future__ import annotations

import pandas as pd
import pytest
from conftest import APPS, run_cli

from runner.record.store import read_run

pytestmark = pytest.mark.slow

COMMON = ("probe.inputs=16", "replicates=2", f"--config-dir={APPS / 'conf'}", "-m")

TRUTHS = {
    "unset": ("uncontrolled", {"across_calls": "same", "across_runs": "differs"}),
    "fixed_process": ("repeatable", {"across_builds": "differs", "across_runs": "same"}),
    "fixed_build": ("deterministic", {"across_builds": "same", "across_runs": "same"}),
    "random": ("seed-driven", {"across_runs": "differs", "replay": "same"}),
    "derived": ("seed-driven", {"across_runs": "differs", "replay": "same"}),
    "pinned_untrained": ("deterministic", {"across_builds": "same", "replay": "same"}),
    "only_tensorflow_seeded": ("uncontrolled", {"first_divergence": "init/dense/kernel"}),
    "string_set": ("uncontrolled", {"first_divergence": "data"}),
    "unseeded_rng": ("uncontrolled", {"first_divergence": "data"}),
    "numpy_rand": ("uncontrolled", {"first_divergence": "data", "varies_with": "data"}),
    "parallel_augment": ("uncontrolled", {"first_divergence": "augment/0"}),
    "sequential_augment": ("repeatable", {"across_runs": "same"}),
    "zero_kernels": ("collapsed", {"across_inputs": "same"}),
    "overflow": ("non-finite", {"failed": 0}),
    "dropout_at_inference": ("repeatable", {"across_calls": "differs", "across_runs": "same"}),
}
"""Verdict and states of each file of tests/apps/conf/truth."""

REPRODUCIBLE = {
    "fixed_process",
    "fixed_build",
    "pinned_untrained",
    "sequential_augment",
    "zero_kernels",
    "overflow",
    "dropout_at_inference",
    "derived",
}
"""Those whose outputs two sweeps must give alike, bit for bit, run by run."""

UNSEEDED = ("string_set", "unseeded_rng", "numpy_rand")
"""Those whose data comes from what no seed of the configuration reaches."""


def sweep(tmp_path_factory, isolation):
    """All truths in one sweep."""
    grid = f"+truth={','.join(TRUTHS)}"
    directory = tmp_path_factory.mktemp(isolation)
    return run_cli(directory, grid, *COMMON, f"isolation={isolation}", timeout=900)


@pytest.fixture(scope="session")
def forked(tmp_path_factory):
    return sweep(tmp_path_factory, "fork")


@pytest.fixture(scope="session")
def spawned(tmp_path_factory):
    return sweep(tmp_path_factory, "spawn")


ISOLATIONS = ["forked", pytest.param("spawned", marks=pytest.mark.slow)]


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_sweep_of_all_truths_succeeds(request, isolation):
    ended = request.getfixturevalue(isolation)
    assert ended.status == 0, ended.err
    runs = ended.results.runs
    assert len(runs) == 2 * len(TRUTHS) + 3
    assert set(runs["status"]) == {"ok"}


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("truth", TRUTHS)
def test_truth(request, isolation, truth):
    verdict, expected = TRUTHS[truth]
    row = request.getfixturevalue(isolation).rows("truth")[truth]
    assert (row["verdict"], row["runs"]) == (verdict, 2)
    assert {key: row[key] for key in expected} == expected


@pytest.mark.slow
def test_fork_and_spawn_give_the_same_digests(forked, spawned):
    digests = []
    for ended in (forked, spawned):
        runs = ended.results.runs
        runs = runs[runs["truth"].isin(REPRODUCIBLE)]
        digests.append(
            {
                (row["truth"], row["replicate"], pd.isna(row["replay_of"])): row["digest"]
                for _, row in runs.iterrows()
            }
        )
    assert len(digests[0]) >= 2 * len(REPRODUCIBLE)
    assert digests[0] == digests[1]


def test_every_fork_parent_has_its_own_hash_seed(forked):
    seeds = forked.results.runs.groupby("truth")["hash_seed"].nunique()
    assert (seeds >= 2).all()


@pytest.mark.slow
def test_every_new_interpreter_has_its_own_hash_seed(spawned):
    assert spawned.results.runs["hash_seed"].is_unique


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.slow), 2])
@pytest.mark.parametrize(
    "grid",
    [
        *(pytest.param(each, marks=pytest.mark.slow) for each in UNSEEDED),
        ",".join((*UNSEEDED, "fixed_process")),
    ],
)
def test_unseeded_code_is_never_called_reproducible(tmp_path, grid, workers):
    """Alone and in an even grid, where round-robin could give a configuration one parent."""
    ended = run_cli(
        tmp_path, f"+truth={grid}", *COMMON, "builds=1", "train.epochs=0",
        f"workers={workers}", "isolation=fork",
    )  # fmt: skip
    for truth, row in ended.rows("truth").items():
        expected = "repeatable" if truth == "fixed_process" else "uncontrolled"
        assert row["verdict"] == expected, truth


@pytest.fixture(scope="session")
def varied(tmp_path_factory):
    """One sweep in which one source at a time varies over the replicates."""
    sources = ("init", "order", "dropout", "augment", "split", "data")
    grid = f"seed.vary=[],{','.join(f'[{source}]' for source in sources)}"
    return run_cli(
        tmp_path_factory.mktemp("vary"),
        "seed=derived",
        grid,
        "model=mlp_dropout",
        "train=augmented",
        "data.source._target_=truth_sources.from_numpy_rand",
        "data.units=2",
        "builds=1",
        "train.epochs=1",
        "replays=0",
        *COMMON,
    )


@pytest.mark.parametrize("source", ["init", "order", "dropout", "augment", "split", "data"])
def test_vary_reaches_one_source_only(varied, source):
    """Proven by the fingerprints of real runs: the stages that differ belong to that source."""
    records = {}
    for path in varied.sweep.glob("*/record.json"):
        record = read_run(path)
        if record.configuration.overrides["seed.vary"] == f"[{source}]":
            records[record.replicate] = record.fingerprints[0]
    first, second = records[0], records[1]
    differing = {stage.partition("/")[0] for stage in first if first[stage] != second[stage]}
    assert source in differing
    # What trains on other rows sees other augmented ones.
    follows = {"split": {"augment"}, "data": {"augment"}, "order": {"augment"}}
    assert differing - {"weights", "outputs"} <= {source} | follows.get(source, set())


def test_vary_nothing_gives_equal_runs(varied):
    row = varied.rows("seed.vary")["[]"]
    assert (row["verdict"], row["across_runs"]) == ("repeatable", "same")
