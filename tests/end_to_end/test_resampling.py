"""Bootstrap, label noise and imbalance through the command line: which source moves which stage."""

from __future__ import annotations

import pytest
from conftest import APPS, run_cli

from runner.record.stages import kind_of
from runner.record.store import read_run

pytestmark = pytest.mark.exhaustive

QUICK = ("model=linear", "train.epochs=1", "builds=1", "replays=0", "probe.inputs=16")
DRAWN = ("data.resample.bootstrap=true", "data.label_noise=0.1", "data.imbalance={7:0.3}")
STAGES = {"imbalance", "label_noise", "resample"}


def differing_kinds(ended, key):
    """The kinds of stages in which two runs differ, results left out, by the value of a key."""
    runs = {}
    for path in sorted(ended.sweep.glob("*/record.json")):
        record = read_run(path)
        runs.setdefault(record.configuration.overrides[key], []).append(record.fingerprints[0])
    return {
        value: {kind_of(stage) for stage in a | b if a.get(stage) != b.get(stage)}
        - {"weights", "outputs"}
        for value, (a, b) in runs.items()
    }


@pytest.fixture(scope="module")
def varied(tmp_path_factory):
    return run_cli(
        tmp_path_factory.mktemp("varied"), *QUICK, *DRAWN, "seed=derived", "replicates=2",
        "seed.vary=[],[split],[init],[order]", "data.split.by=random,time", "-m",
    )  # fmt: skip


@pytest.mark.parametrize("by", ["random", "time"])
def test_only_the_source_split_moves_what_is_drawn(varied, by):
    assert varied.status == 0, varied.err
    table = varied.results.table
    rows = {row["seed.vary"]: row for _, row in table[table["data.split.by"] == by].iterrows()}
    named = set(str(rows["[split]"]["varies_with"]).split(", "))
    # Which rows of the training part come when is of the order, which is of their numbers.
    assert named - {"order"} == STAGES | ({"split"} if by == "random" else set())
    assert rows["[init]"]["varies_with"] == "init"
    assert rows["[order]"]["varies_with"] == "order"
    assert rows["[]"]["verdict"] == "repeatable"
    assert table["surprise"].isna().all()


@pytest.mark.exhaustive
def test_a_null_seed_follows_numpy_and_only_stages_of_its_own_move(tmp_path):
    ended = run_cli(
        tmp_path, *QUICK, *DRAWN, "seed=unset", "data.resample.seed=null,0", "replicates=2",
        f"--config-dir={APPS / 'conf'}", "model=pinned", "shuffle=off", "-m",
    )  # fmt: skip
    assert ended.status == 0, ended.err
    kinds = differing_kinds(ended, "data.resample.seed")
    assert kinds == {"null": STAGES, "0": set()}
    rows = ended.rows("data.resample.seed")
    assert rows["null"]["first_divergence"] == "imbalance"
    assert ended.results.findings.empty or "OBS109" not in set(ended.results.findings["code"])


@pytest.mark.exhaustive
def test_both_parts_of_a_source_keep_their_test_rows(tmp_path):
    ended = run_cli(
        tmp_path, *QUICK, "data=article", "data.resample.bootstrap=true,false", "replicates=1", "-m"
    )
    assert ended.status == 0, ended.err
    records = [read_run(path) for path in sorted(ended.sweep.glob("*/record.json"))]
    stages = [set(map(kind_of, each.fingerprints[0])) for each in records]
    assert ["resample" in each for each in stages] == [True, False]
    assert len({each.fingerprints[0]["data"] for each in records}) == 1


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        ("data.imbalance={12:0.5}", 1, "data.imbalance: must be a class of the training part (0,"),
        ("data.imbalance=7", 2, "data.imbalance: must be a mapping such as {7: 0.1}. Received: 7"),
        ("data.imbalance={7:few}", 2, "data.imbalance.7: must be a number, the share of the class"),
        ("data.imbalance={7:2}", 2, "data.imbalance.7: must be in 0..1, the share of the class"),
        ("data.label_noise=1.5", 2, "data.label_noise: must be at most 1. Received: 1.5"),
    ],
)
def test_one_clear_line(cli, given, status, message):
    ended = cli(*QUICK, given)
    assert (ended.status, message in ended.err) == (status, True), ended.err
    assert "Traceback" not in ended.err


def test_rows_that_stream_are_not_drawn_from(cli):
    ended = cli(
        *QUICK, "data=dataset", "data.source._target_=streamed_rows.streamed", "data.units=2",
        "data.label_noise=0.1", "--trust=streamed_rows",
    )  # fmt: skip
    assert ended.status == 1
    assert "data.label_noise: needs rows that are all in memory; these stream" in ended.err
