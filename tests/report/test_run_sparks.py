"""Every run as a small bar, in the table of a terminal and nowhere else."""

from __future__ import annotations

import io
import math

from rich.console import Console
from synthetic import outputs, write

from runner.analysis.results import collate
from runner.report.run_sparks import MOST_RUNS, draw_sparks, find_sparks
from runner.report.sweep_summary import print_configurations
from runner.report.sweep_tables import build_table


def test_all_configurations_share_one_scale():
    assert draw_sparks([[0.0, 1.0], [0.5, 0.25]]) == ["▁█", "▅▃"]


def test_equal_values_have_equal_bars_in_the_middle():
    assert draw_sparks([[0.3, 0.3], [0.3]]) == ["▅▅", "▅"]


def test_missing_values_are_shown_as_missing():
    assert draw_sparks([[math.nan, 1.0, math.inf, 2.0], []]) == ["·▁·█", ""]
    assert draw_sparks([[math.nan]]) == ["·"]


def test_extreme_values_do_not_overflow():
    assert draw_sparks([[-1.7e308, 1.7e308, 0.0]])[0][0] == "▁"
    assert draw_sparks([[5e-324, 0.0]]) == ["█▁"]


def sweep(place, runs):
    for run in range(runs):
        write(place, run, outputs(), metrics=[{"loss": 1.0 + run, "accuracy": 1.0 / (1 + run)}])
    write(place, 99, outputs(), metrics=[{"loss": 1.0, "accuracy": 1.0}], replay_of=0)
    return collate(place)


def test_the_first_metric_that_is_no_loss_is_shown_without_replays(tmp_path):
    assert find_sparks(sweep(tmp_path, 3)) == ["█▃▁"]


def test_many_runs_are_left_out(tmp_path):
    results = sweep(tmp_path, MOST_RUNS + 1)
    assert find_sparks(results) is None
    build_table(results, 200, sparks=True)


def test_runs_without_metrics_have_none(tmp_path):
    write(tmp_path, 0, outputs(), metrics=[])
    assert find_sparks(collate(tmp_path)) is None


def printed(results, width, **settings):
    console = Console(file=io.StringIO(), width=width, **settings)
    print_configurations(console, results)
    return console.file.getvalue()


def test_only_a_terminal_with_room_shows_them(tmp_path):
    results = sweep(tmp_path, 3)
    assert "█▃▁" in printed(results, 160, force_terminal=True, color_system=None)
    assert "each run" not in printed(results, 80, force_terminal=True, color_system=None)
    assert "each run" not in printed(results, 160)
