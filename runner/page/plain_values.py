"""Turns values into what JSON and a page can hold: no NaN, no control characters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from runner.text import strip_control_characters

Plain = Any
"""A value that JSON can hold."""

DIGITS = 9
"""Significant digits of a number in a picture; they tell any two float32 apart."""


def make_plain(value: Any) -> Plain:
    """Return a value as JSON can hold it.

    Missing values become None, infinities the texts "inf" and "-inf", and characters that are
    obeyed rather than shown are replaced.
    """
    if isinstance(value, str):
        return strip_control_characters(value)
    if isinstance(value, Mapping):
        return {strip_control_characters(str(k)): make_plain(each) for k, each in value.items()}
    if isinstance(value, list | tuple):
        return [make_plain(each) for each in value]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return _make_number(float(value))
    return strip_control_characters(str(value))


def shorten_number(value: Any) -> Plain:
    """Return a number with DIGITS significant digits; None where it is missing or not finite."""
    if value is None or pd.isna(value) or not math.isfinite(value):
        return None
    return float(f"{value:.{DIGITS}g}")


def make_rows(frame: pd.DataFrame) -> list[list[Plain]]:
    """Return the rows of a frame as lists."""
    columns = [[make_plain(each) for each in frame[name].tolist()] for name in frame]
    return [list(row) for row in zip(*columns, strict=True)]


def _make_number(value: float) -> Plain:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else str(value)
