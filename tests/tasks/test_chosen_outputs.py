"""Numbers that a script prints are results; times and dates are not."""

from __future__ import annotations

import pytest

from runner.tasks.script.chosen_outputs import find_numbers


@pytest.mark.parametrize(
    ("printed", "numbers"),
    [
        ("took 0.28", []),
        ("took: 0.28 s", []),
        ("elapsed time = 3.5", []),
        ("Time (s): 4.2", []),
        ('{"took": 1795837011.5, "loss": 0.25}', [0.25]),
        ("accuracy 0.93 in 12ms/step", [0.93]),
        ("2026-11-28 03:29:15,123 loss 0.5", [0.5]),
        ("time series 3 0.9", [3.0, 0.9]),
        ("loss: 1e-05 and -3.5e+2", [1e-05, -350.0]),
        ("model.h5 of v1.2.3 has 12", [12.0]),
        ("31/32 0.7 \r32/32 0.5", [32.0, 32.0, 0.5]),
        ("[0.25 0.5]\n (1, 2)", [0.25, 0.5, 1.0, 2.0]),
        ("correct: 45/60, at 03:29:15 on 28/11/2026", [45.0, 60.0]),
        ("between 3-4 and 0.5-0.7", [3.0, 4.0, 0.5, 0.7]),
        ("score 0.91 min 0.2 max 0.99", [0.91, 0.2, 0.99]),
        ("accuracy 0.91 s.d. 0.02", [0.91, 0.02]),
        ("5 h 3 min 0.5 s 2min", [5.0, 3.0]),
        ("no numbers", []),
    ],
)
def test_numbers_are_read_without_times(printed, numbers):
    assert find_numbers(printed) == numbers
