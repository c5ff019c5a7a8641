"""OBS206, where it must speak and where it must not."""

from __future__ import annotations

import numpy as np
from findings_of import find_in, of_code

from runner.data.part_facts import describe_parts

TABLE = np.random.default_rng(0).normal(size=(20, 4))


def facts(x):
    y = np.zeros(len(x))
    return describe_parts((x, y), (x[:2], y[:2]), in_order=False)


def test_fires(tmp_path):
    table = TABLE.copy()
    table[:, 1] = 3
    table[:, 2] = table[:, 0]
    (found,) = of_code(find_in(tmp_path, [{"facts": facts(table)}] * 2), "OBS206")
    assert found.observation.seen == (
        "Of 4 input columns: 1 column constant (counted from 0: 1) and 1 column the same as one"
        " before (counted from 0: 2)."
    )


def test_quiet(tmp_path):
    assert not of_code(find_in(tmp_path, [{"facts": facts(TABLE)}] * 2), "OBS206")


def test_quiet_for_pixels(tmp_path):
    pixels = np.zeros((20, 64))
    pixels[:, 3] = np.arange(20)
    assert not of_code(find_in(tmp_path, [{"facts": facts(pixels)}] * 2), "OBS206")
