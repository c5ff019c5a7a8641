"""OBS209, where it must speak and where it must not."""

from __future__ import annotations

import pandas as pd
import pytest
from findings_of import find_in, of_code

from runner.data.left_out import find_left_out
from runner.record.reasons import Clause, count

FRAME = pd.DataFrame(
    {
        "size": [1.5, 2.5, 3.5],
        "town": ["a", "b", "c"],
        "sold": ["2026-01-02", "2026-01-03", "2026-01-04"],
        "empty": [None, None, None],
        "flag": [True, False, True],
        "kind": ["x", "y", "x"],
    }
)

WRITERS = {"csv": "to_csv", "parquet": "to_parquet", "feather": "to_feather"}


@pytest.fixture(params=WRITERS)
def source(request, tmp_path):
    path = tmp_path / f"table.{request.param}"
    options = {"index": False} if request.param == "csv" else {}
    getattr(FRAME, WRITERS[request.param])(path, **options)
    return {"_target_": f"runner.tables.{request.param}", "path": str(path), "target": "kind"}


def test_columns_without_numbers_are_found(source):
    assert find_left_out(source) == ["town", "sold"]


@pytest.mark.parametrize(
    "given",
    [{"features": ["size"]}, {"_target_": "runner.data.npz"}, {"path": "no such file"}],
    ids=str,
)
def test_nothing_is_found_where_it_was_asked_for(source, given):
    assert find_left_out({**source, **given}) == []


def test_targets_and_groups_are_not_left_out(source):
    assert find_left_out({**source, "target": ["kind", "town"], "group": "sold"}) == []


def test_fires(tmp_path):
    fact = Clause("left-out-columns", words={"names": "town, sold"}, numbers={"columns": count(2)})
    (found,) = of_code(find_in(tmp_path, [{"facts": [fact]}] * 2), "OBS209")
    assert found.observation.seen == (
        "2 columns of the table hold no numbers and are left out: town, sold."
    )


def test_quiet(tmp_path):
    assert not of_code(find_in(tmp_path, [{"facts": []}] * 2), "OBS209")
