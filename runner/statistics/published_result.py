"""Reads what a publication says of a metric: mean and SD of some runs, their values, or a range."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from runner.errors import ConfigError, nearest

UNITS = {"share": 1.0, "percent": 0.01}
"""Unit in which a publication gives a metric, to the factor that turns it into the metric's."""

KEYS = ("mean", "sd", "n", "ddof", "digits", "values", "range", "unit", "margin", "power")
"""What a claim can give of a published result."""

POWER = 0.8
"""Power at which replicates are planned, unless a claim states another."""


@dataclass(frozen=True)
class PublishedRuns:
    """What was published of some runs, 2 or more."""

    mean: float
    sd: float
    """The SD with ddof=1."""
    n: int
    values: tuple[float, ...] = ()
    """The value of each run, where they were published."""


@dataclass(frozen=True)
class PublishedRange:
    """Two numbers between which a publication says that results lie."""

    low: float
    high: float


@dataclass(frozen=True)
class PublishedResult:
    """A published result, in the metric's own unit."""

    of: PublishedRuns | PublishedRange
    """What was published."""
    half_unit: float = 0.0
    """Half a unit of the last published digit: how far rounding may have moved each number."""
    margin: float | None = None
    """How far two means may be apart and still count as equivalent; None: not stated."""
    power: float = POWER
    """The power at which replicates are planned, in (0, 1)."""
    percent: bool = False
    """Whether the publication gives percent."""

    @property
    def scale(self) -> float:
        """The factor that turns a number of the metric's unit into one of the publication's."""
        return 100.0 if self.percent else 1.0


def read_published(key: str, given: Mapping[str, Any]) -> PublishedResult:
    """Return the published result that a mapping describes.

    Args:
        key: the config key of the mapping, for errors.
        given: `mean`, `sd` and `n`; or `values`; or `range` (two numbers). Besides `ddof` of the SD
            (1 unless given), `digits` after the point, `unit` (share or percent), `margin` and
            `power`. None stands for a key that is not given.

    Raises:
        ConfigError: a key is unknown, has a wrong value, is missing, or contradicts another.
    """
    given = {str(name): value for name, value in given.items() if value is not None}
    for name in given:
        if name not in KEYS:
            rule = "is not a key of a published result"
            raise ConfigError(f"{key}.{name}", rule, given[name], nearest(name, KEYS))
    unit = given.get("unit", "share")
    if unit not in UNITS:
        rule = f"must be one of {', '.join(UNITS)}"
        raise ConfigError(f"{key}.unit", rule, unit, nearest(str(unit), UNITS))
    scale = UNITS[unit]
    digits = _read_whole(key, given, "digits", 0)
    margin = _read_number(f"{key}.margin", given.get("margin"), 0.0)
    power = _read_number(f"{key}.power", given.get("power"), 0.0)
    if power is not None and not 0 < power < 1:
        raise ConfigError(f"{key}.power", "must be greater than 0 and less than 1", power)
    return PublishedResult(
        _read_numbers(key, given, scale),
        half_unit=0.0 if digits is None else 0.5 * 10.0**-digits * scale,
        margin=None if margin is None else margin * scale,
        power=POWER if power is None else power,
        percent=unit == "percent",
    )


def _read_numbers(
    key: str, given: Mapping[str, Any], scale: float
) -> PublishedRuns | PublishedRange:
    forms = [name for name in ("mean", "values", "range") if name in given]
    if len(forms) != 1:
        rule = "must give exactly one of mean (with sd and n), values and range"
        raise ConfigError(key, rule, ", ".join(forms) or "none of them")
    if forms != ["mean"]:
        for name in ("sd", "n", "ddof"):
            if name in given:
                raise ConfigError(f"{key}.{name}", "goes with mean only", given[name])
    if forms == ["values"]:
        values = [each * scale for each in _read_list(key, given, "values")]
        if len(values) < 2:
            raise ConfigError(f"{key}.values", "must have at least two values", given["values"])
        sd = 0.0 if min(values) == max(values) else float(np.std(values, ddof=1))
        mean = float(np.mean(values))
        return PublishedRuns(mean, sd, len(values), tuple(values))
    if forms == ["range"]:
        ends = [each * scale for each in _read_list(key, given, "range")]
        if len(ends) != 2 or ends[0] > ends[1]:
            raise ConfigError(f"{key}.range", "must be [LOW, HIGH]", given["range"])
        return PublishedRange(ends[0], ends[1])
    return _read_moments(key, given, scale)


def _read_moments(key: str, given: Mapping[str, Any], scale: float) -> PublishedRuns:
    for name in ("sd", "n"):
        if name not in given:
            rule = f"must be given with mean: without {name} nothing follows from a mean"
            raise ConfigError(f"{key}.{name}", rule, "nothing")
    mean = _read_number(f"{key}.mean", given.get("mean"), None)
    sd = _read_number(f"{key}.sd", given.get("sd"), 0.0)
    n, ddof = _read_whole(key, given, "n", 2), _read_whole(key, given, "ddof", 0)
    assert mean is not None
    assert sd is not None
    assert n is not None
    if ddof not in (None, 0, 1):
        raise ConfigError(f"{key}.ddof", "must be 0 or 1", ddof)
    if ddof == 0:
        sd *= math.sqrt(n / (n - 1))
    return PublishedRuns(mean * scale, sd * scale, n)


def _read_number(key: str, value: Any, least: float | None) -> float | None:
    """Return a finite number, at least `least` unless that is None; None: it is not given."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(key, "must be a finite number", value)
    if least is not None and value < least:
        raise ConfigError(key, "must not be negative", value)
    return float(value)


def _read_whole(key: str, given: Mapping[str, Any], name: str, least: int) -> int | None:
    value = given.get(name)
    if value is not None and (type(value) is not int or value < least):
        raise ConfigError(f"{key}.{name}", f"must be a whole number, at least {least}", value)
    return value


def _read_list(key: str, given: Mapping[str, Any], name: str) -> list[float]:
    values = given[name]
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise ConfigError(f"{key}.{name}", "must be a list of numbers", values)
    places = enumerate(values)
    read = [
        _read_number(f"{key}.{name}[{i}]", math.nan if v is None else v, None) for i, v in places
    ]
    return [each for each in read if each is not None]
