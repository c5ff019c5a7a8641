"""Rows that come in another order than yesterday, and labels that no unit stands for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

QUICK = (
    "model=linear", "data=csv", "data.source.path=rows.csv", "data.source.target=kind",
    "data.units=3", "train.epochs=1", "builds=1",
)  # fmt: skip


@pytest.fixture
def rows(tmp_path):
    """Where the command line runs, with a table of 30 rows."""
    (tmp_path / "work").mkdir()
    width = np.sin(np.arange(30))
    frame = pd.DataFrame({"a": width, "b": width**2, "kind": np.arange(30) % 3})
    frame.to_csv(tmp_path / "work" / "rows.csv", index=False)
    return tmp_path / "work" / "rows.csv"


def sweep(cli, name):
    given = ("replicates=2", "replays=0", f"hydra.sweep.dir={name}", "-m")
    ended = cli(*QUICK, *given)
    assert ended.status == 0, ended.err


@pytest.mark.exhaustive
def test_the_same_rows_in_another_order_are_called_so(cli, rows):
    sweep(cli, "before")
    frame = pd.read_csv(rows)
    frame[::-1].to_csv(rows, index=False)
    sweep(cli, "after")
    frame.assign(a=frame["a"] + 1).to_csv(rows, index=False)
    sweep(cli, "other")
    compared = cli("compare", "before", "after", COLUMNS="200")
    assert compared.status == 1
    assert "first at data" in compared.out
    assert "the 30 rows are the same, in another order" in " ".join(compared.out.split())
    differing = cli("compare", "before", "other", COLUMNS="200")
    assert "first at data" in differing.out
    assert "in another order" not in differing.out
    locked = cli("lock", "before")
    assert locked.status == 0, locked.err
    frame[::-1].to_csv(rows, index=False)
    checked = cli("check", COLUMNS="200")
    assert checked.status == 1
    assert "the 30 rows are the same, in another order" in " ".join(checked.out.split())
    diff = cli("diff", "before/0", "after/0", COLUMNS="200")
    assert "the 30 rows are the same, in another order" in " ".join(diff.out.split())


def test_a_label_that_no_unit_stands_for_is_refused_before_training(cli, rows):
    ended = cli(*(each for each in QUICK if each != "data.units=3"), "data.units=2",
                "data.split.by=stratify")  # fmt: skip
    assert ended.status == 1
    assert (
        "data.source: must give labels from 0 to 1, as the model has 2 output units."
        " Received: label 2; 8 of 24 training rows are outside"
    ) in ended.err
    assert "Traceback" not in ended.err
