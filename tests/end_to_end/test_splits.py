"""Ways to split rows, through the command line: what is tested on, what varies, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from conftest import run_cli

from runner.record.store import read_arrays, read_run

pytestmark = pytest.mark.exhaustive

QUICK = ("model=linear", "train.epochs=1", "builds=1", "replays=0", "probe.inputs=400")


def ids_by(ended, key):
    """The probe's rows of each run, by the value of an override."""
    found = {}
    for path in sorted(ended.sweep.glob("*/record.json")):
        record = read_run(path)
        value = record.configuration.overrides.get(key)
        found.setdefault(value, []).append(read_arrays(path.parent, record).inputs)
    return found


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A CSV file of 120 rows: 3 classes, 12 patients, in the order of time."""
    directory = tmp_path_factory.mktemp("rows")
    rows = pd.DataFrame({"time": np.arange(120) / 120, "width": np.sin(np.arange(120))})
    rows["patient"] = [f"p{each // 10}" for each in range(120)]
    rows["kind"] = np.arange(120) % 3
    rows.to_csv(directory / "rows.csv", index=False)
    return directory / "rows.csv"


def of(table):
    return (
        "data=csv",
        f"data.source.path={table}",
        "data.source.target=kind",
        "data.units=3",
    )


def test_folds_test_each_row_once(tmp_path, table):
    ended = run_cli(
        tmp_path, *of(table), *QUICK, "data.split.folds=4", "data.split.fold=0,1,2,3",
        "data.split.by=random,stratify", "replicates=1", "-m",
    )  # fmt: skip
    assert ended.status == 0, ended.err
    tested = ids_by(ended, "data.split.by")
    for by in ("random", "stratify"):
        assert [len(each) for each in tested[by]] == [30] * 4
        assert len(set(np.concatenate(tested[by]).tolist())) == 120


@pytest.mark.exhaustive
def test_groups_and_time_hold_out_other_rows(tmp_path, table):
    ended = run_cli(
        tmp_path, *of(table), *QUICK, "replicates=2", "seed=unset", "data.split.seed=null",
        "data.split.by=time,stratify", "-m",
    )  # fmt: skip
    assert ended.status == 0, ended.err
    tested = ids_by(ended, "data.split.by")
    assert np.array_equal(tested["time"][0], tested["time"][1])
    assert set(tested["stratify"][0].tolist()) != set(tested["stratify"][1].tolist())
    rows = ended.rows("data.split.by")
    assert rows["time"]["first_divergence"] == "init/dense/kernel"
    assert rows["stratify"]["first_divergence"] == "split"


@pytest.mark.exhaustive
def test_a_group_is_drawn_whole(tmp_path, table):
    ended = run_cli(
        tmp_path, *of(table), *QUICK, "replicates=2", "data.split.by=group",
        "data.split.group=patient", "data.split.folds=3", "data.split.fold=0,1,2", "-m",
    )  # fmt: skip
    assert ended.status == 0, ended.err
    tested = ids_by(ended, "data.split.fold")
    assert [len(runs[0]) for runs in tested.values()] == [40] * 3
    assert all(np.array_equal(*runs) for runs in tested.values())
    assert len(set(np.concatenate([runs[0] for runs in tested.values()]).tolist())) == 120


@pytest.mark.exhaustive
@pytest.mark.parametrize("vary", ["split", "init"])
@pytest.mark.parametrize("by", ["stratify", "group"])
def test_only_the_source_split_moves_the_split(tmp_path, by, vary):
    given = ["data.source._target_=grouped_rows.of_patients"] if by == "group" else []
    ended = run_cli(
        tmp_path, *QUICK, *given, f"data.split.by={by}", "seed=derived", f"seed.vary=[{vary}]",
        "replicates=2", "-m", "--trust=grouped_rows",
    )  # fmt: skip
    assert ended.status == 0, ended.err
    (row,) = (row for _, row in ended.results.table.iterrows())
    assert row["varies_with"] == vary
    assert pd.isna(row["surprise"])


@pytest.mark.exhaustive
def test_time_has_no_source_split(tmp_path):
    ended = run_cli(
        tmp_path, *QUICK, "data.split.by=time,random", "seed=derived", "seed.vary=[],[split]",
        "replicates=2", "-m",
    )  # fmt: skip
    assert ended.status == 0, ended.err
    # The combination would repeat the one that varies nothing.
    assert "left out: data.split.by=time seed.vary=[split]" in ended.out + ended.err
    assert len(ended.results.table) == 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            ("data=article", "data.split.by=time"),
            "data.split.by: is for a source that returns one part; this one returned a training"
            " and a test part. Received: time",
        ),
        (
            ("data.source._target_=grouped_rows.without_groups", "data.split.by=group"),
            "data.source: must return (x, y, group) for data.split.by=group. Received: (x, y)",
        ),
        (
            ("data.source._target_=grouped_rows.of_patients",),
            "data.source: must return (x, y), or a training and a test part, each (x, y) or a"
            " tf.data.Dataset. Received: tuple",
        ),
        (
            ("data.split.by=stratify", "data.split.test_fraction=0.001"),
            "data.split.test_fraction: must leave a row for each of 10 classes in both parts."
            " Received: 1795 for training and 2 for testing",
        ),
    ],
)
def test_what_only_the_rows_can_tell(cli, given, message):
    ended = cli(*QUICK, *given, "--trust=grouped_rows")
    assert ended.status == 1
    assert message in ended.err
    assert "Traceback" not in ended.err


def test_a_column_that_is_not_there(cli, table):
    ended = cli(*QUICK, *of(table), "data.split.by=group", "data.split.group=pateint")
    assert ended.status == 1
    assert "data.split.group: must name a column of" in ended.err
    assert "Did you mean 'patient'?" in ended.err
