"""How far any two runs are apart, against the statistics of the table and against arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from paged_sweeps import add_run, make_mixed, outputs_of

from runner.analysis.results import collate
from runner.page import pair_map
from runner.page.pair_map import Measure, map_pairs


def map_of(directory, place=0, **given):
    results = collate(directory)
    row = results.table.iloc[place]
    found = {"labelled": bool(row.notna()["churn"]), "sized": bool(row.notna()["max_abs_diff"])}
    return results.table.iloc[place], map_pairs(results.evidence[place], **{**found, **given})


def off_diagonal(found):
    values = np.array(found.distances, float)
    return values[~np.eye(len(values), dtype=bool)]


def test_the_mean_over_pairs_is_the_churn_of_the_table(tmp_path):
    make_mixed(tmp_path)
    row, found = map_of(tmp_path, 1)
    assert found.measure is Measure.LABELS
    assert off_diagonal(found).mean() == pytest.approx(row["churn"])
    assert found.alike == (0, 1, 2, 3)


def test_the_largest_distance_is_that_of_the_table(tmp_path):
    make_mixed(tmp_path)
    row, found = map_of(tmp_path, 1, labelled=False)
    assert found.measure is Measure.DISTANCE
    assert off_diagonal(found).max() == pytest.approx(row["max_abs_diff"])


def test_equal_bits_are_told_from_no_difference_of_labels(tmp_path):
    add_run(tmp_path, 0, 1)
    add_run(tmp_path, 1, 1)
    add_run(tmp_path, 2, 1, values=outputs_of(1) * np.float32(1.5), digest="f" * 16)
    _, found = map_of(tmp_path)
    assert found.alike == (0, 0, 1)
    assert found.distances[0][2] == 0


def test_equal_numbers_under_other_names_are_not_alike(tmp_path):
    for job in range(2):
        add_run(tmp_path, job, 1, fingerprints=[{"outputs/names": str(job), "outputs": "o"}])
    _, found = map_of(tmp_path)
    assert found.alike == (0, 1)


def test_runs_without_a_digest_are_never_said_to_be_the_same(tmp_path):
    for job in range(2):
        add_run(tmp_path, job, 1, digest=None, wall_s=1.0 + job)
    _, found = map_of(tmp_path)
    assert found.alike == (0, 1)


def test_without_a_measure_only_bits_are_compared(tmp_path):
    make_mixed(tmp_path)
    _, found = map_of(tmp_path, 1, labelled=False, sized=False)
    assert found.measure is Measure.BITS
    assert np.isnan(off_diagonal(found)).all()


def test_what_only_one_run_has_is_left_out(tmp_path):
    add_run(tmp_path, 0, 1)
    add_run(tmp_path, 1, 2, values=outputs_of(2, inputs=3))
    _, found = map_of(tmp_path, labelled=True)
    labels = [outputs_of(each)[0, 0, :3].argmax(axis=-1) for each in (1, 2)]
    assert found.distances[0][1] == pytest.approx((labels[0] != labels[1]).mean())


def test_one_run_has_no_pairs(tmp_path):
    add_run(tmp_path, 0, 1)
    assert map_of(tmp_path)[1] is None


def test_many_runs_are_cut_and_the_rest_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(pair_map, "MOST_RUNS", 3)
    for job in range(5):
        add_run(tmp_path, job, job)
    _, found = map_of(tmp_path)
    assert (len(found.alike), len(found.distances), found.left_out) == (3, 3, 2)
