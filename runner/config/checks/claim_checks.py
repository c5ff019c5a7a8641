"""Checks what a config claims: that each claim states one thing that can be measured."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import fields
from typing import Any

from runner.config.schema import (
    CHECKS,
    PUBLISHED_CHECKS,
    STATES,
    VERDICTS,
    Claim,
    Evaluate,
    Reported,
)
from runner.errors import ConfigError, nearest
from runner.statistics.published_result import PublishedRange, read_published

NUMBERS = ("mean", "within", "sd_at_most")
"""Fields of a claim that are a number."""

EVALUATED = ("final", "highest", "lowest")
"""Which evaluation of a run a claim may be about."""


def check_claim(key: str, claim: Any, evaluate: Evaluate) -> None:
    """Refuse a claim that does not state exactly one thing that can be measured.

    Args:
        key: the claim's config key.
        claim: the node of the claim.
        evaluate: when the config's metrics are measured.

    Raises:
        ConfigError: the claim breaks a rule.
    """
    if not isinstance(claim, dict):
        raise ConfigError(key, "must be a mapping such as {text: ..., across_runs: same}", claim)
    known = {item.name: item for item in fields(Claim)}
    for name, value in claim.items():
        if name not in known:
            hint = nearest(str(name), known)
            raise ConfigError(f"{key}.{name}", "is not a key of a claim", value, hint)
        if value is not None:
            _check_value(f"{key}.{name}", str(name), value)
    given = {str(name) for name, value in claim.items() if value is not None}
    if "text" not in given:
        raise ConfigError(f"{key}.text", "must say the claim in words", "nothing")
    checks = sorted(given & set(CHECKS))
    if len(checks) != 1:
        rule = f"must set exactly one of {', '.join(CHECKS)}"
        raise ConfigError(key, rule, ", ".join(checks) or "none")
    _check_pairs(key, given)
    _check_evaluated(f"{key}.evaluate", claim.get("evaluate"), evaluate)
    for name in PUBLISHED_CHECKS:
        if name in given:
            _check_published(f"{key}.{name}", claim[name], needs_margin=name == "equivalent")


def _check_pairs(key: str, given: Set[str]) -> None:
    of_metric = {"mean", "sd_at_most", *PUBLISHED_CHECKS}
    for name, others in (("metric", of_metric), ("within", {"mean"})):
        if (name in given) != bool(others & given):
            rule = f"must pair {name} with {' or '.join(sorted(others))}"
            raise ConfigError(key, rule, ", ".join(sorted(given - {"text", "source"})))
    for name in ("evaluate", "cell"):
        if name in given and "metric" not in given:
            raise ConfigError(f"{key}.{name}", "goes with a claim about a metric only", "no metric")


def _check_evaluated(key: str, value: str | None, evaluate: Evaluate) -> None:
    """Refuse a claim about evaluations that no run makes."""
    at_best = evaluate.at is Reported.best
    if value in ("highest", "lowest") and evaluate.every is None and not at_best:
        rule = "needs evaluations while a model is trained, such as train.evaluate.every=1"
        raise ConfigError(key, rule, value)
    if value == "final" and at_best:
        rule = "cannot be final where train.evaluate.at=best reports the best evaluation"
        raise ConfigError(key, rule, value)


def _check_published(key: str, value: Any, needs_margin: bool) -> None:
    if not isinstance(value, dict):
        rule = "must be a mapping such as {mean: 68, sd: 2, n: 3, unit: percent}"
        raise ConfigError(key, rule, value)
    published = read_published(key, {str(name): value[name] for name in value})
    if needs_margin != (published.margin is not None):
        rule = "must be given with equivalent, and only there"
        raise ConfigError(f"{key}.margin", rule, "nothing" if needs_margin else value["margin"])
    if needs_margin and isinstance(published.of, PublishedRange):
        raise ConfigError(f"{key}.range", "has no mean to be equivalent to", value["range"])


def _check_value(key: str, name: str, value: Any) -> None:
    """Refuse a value of the wrong type or out of range in the field `name` of a claim."""
    if name in PUBLISHED_CHECKS:
        return
    if name in NUMBERS:
        _check_number(key, value, negative=name == "mean")
    elif name == "cell":
        _check_cell(key, value)
    elif not isinstance(value, str):
        hint = "Put it in quotes" if name == "digest" else None
        raise ConfigError(key, "must be text", value, hint)
    elif (choices := _choices_of(name)) and value not in choices:
        rule = f"must be one of {', '.join(choices)}"
        # `best` is near to `lowest` by its letters only; the metric says which of the two it is.
        hint = None if value == "best" else nearest(value, choices)
        raise ConfigError(key, rule, value, hint)


def _check_number(key: str, value: Any, negative: bool) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(key, "must be a number", value)
    if not math.isfinite(value) or (value < 0 and not negative):
        rule = f"must be finite{'' if negative else ' and not negative'}"
        raise ConfigError(key, rule, value)


def _check_cell(key: str, value: Any) -> None:
    names = sorted(map(str, value)) if isinstance(value, dict) else None
    if names != ["column", "row"] or not all(isinstance(value[each], str) for each in value):
        raise ConfigError(key, "must be a mapping such as {row: MNIST-1D, column: MLP}", value)


def _choices_of(name: str) -> Sequence[str]:
    if name == "evaluate":
        return EVALUATED
    if name == "verdict":
        return VERDICTS
    return STATES if name in CHECKS and name != "digest" else ()
