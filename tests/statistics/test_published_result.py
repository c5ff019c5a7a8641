"""What a claim says of a published result, read."""

from __future__ import annotations

import math

import pytest

from runner.errors import ConfigError
from runner.statistics.published_result import PublishedRange, PublishedRuns, read_published


def read(**given):
    return read_published("claims[0].compatible", given)


def test_percent_become_the_unit_of_the_metric():
    published = read(mean=68, sd=2, n=3, digits=0, unit="percent")
    assert published.of == PublishedRuns(0.68, 0.02, 3)
    assert published.half_unit == pytest.approx(0.005)
    assert published.scale == 100


def test_an_sd_without_correction_is_corrected():
    runs = read(mean=0.5, sd=0.1, n=4, ddof=0).of
    assert runs.sd == pytest.approx(0.1 * math.sqrt(4 / 3))
    assert read(mean=0.5, sd=0.1, n=4, ddof=1).of.sd == 0.1


def test_values_have_their_mean_and_sd():
    runs = read(values=[0.1, 0.2, 0.3]).of
    assert (runs.mean, runs.sd, runs.n) == (pytest.approx(0.2), pytest.approx(0.1), 3)
    assert runs.values == (0.1, 0.2, 0.3)
    assert read(values=[0.1, 0.1, 0.1]).of.sd == 0


def test_a_range_has_two_ends():
    assert read(range=[91, 93], unit="percent").of == PublishedRange(0.91, 0.93)


def test_nothing_is_rounded_unless_digits_say_so():
    assert read(values=[1, 2]).half_unit == 0


def test_a_margin_is_in_the_unit_of_the_publication():
    assert read(mean=68, sd=2, n=3, unit="percent", margin=1).margin == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("given", "key", "rule"),
    [
        ({}, "", "exactly one of mean (with sd and n), values and range"),
        ({"mean": 1, "values": [1, 2]}, "", "exactly one of"),
        ({"mean": 1, "sd": 1}, ".n", "without n nothing follows"),
        ({"mean": 1, "n": 3}, ".sd", "without sd nothing follows"),
        ({"mean": 1, "sd": -1, "n": 3}, ".sd", "must not be negative"),
        ({"mean": 1, "sd": 1, "n": 1}, ".n", "at least 2"),
        ({"mean": 1, "sd": 1, "n": 2.0}, ".n", "a whole number"),
        ({"mean": 1, "sd": 1, "n": True}, ".n", "a whole number"),
        ({"mean": "1", "sd": 1, "n": 3}, ".mean", "a finite number"),
        ({"mean": math.nan, "sd": 1, "n": 3}, ".mean", "a finite number"),
        ({"mean": 1, "sd": 1, "n": 3, "ddof": 2}, ".ddof", "0 or 1"),
        ({"mean": 1, "sd": 1, "n": 3, "unit": "per cent"}, ".unit", "share, percent"),
        ({"mean": 1, "sd": 1, "n": 3, "power": 1}, ".power", "less than 1"),
        ({"values": [1]}, ".values", "at least two"),
        ({"values": 1}, ".values", "a list of numbers"),
        ({"values": "12"}, ".values", "a list of numbers"),
        ({"values": [1, "a"]}, ".values[1]", "a finite number"),
        ({"values": [1, 2], "n": 2}, ".n", "goes with mean only"),
        ({"range": [2, 1]}, ".range", "[LOW, HIGH]"),
        ({"range": [1]}, ".range", "[LOW, HIGH]"),
        ({"range": [1, 2], "sd": 1}, ".sd", "goes with mean only"),
        ({"maen": 1}, ".maen", "not a key of a published result"),
    ],
)
def test_what_contradicts_itself_is_refused(given, key, rule):
    with pytest.raises(ConfigError) as error:
        read(**given)
    assert f"claims[0].compatible{key} " in f"{error.value} ".replace(":", " ")
    assert rule in str(error.value)


def test_the_nearest_key_is_named():
    with pytest.raises(ConfigError, match="mean"):
        read(maen=1)
