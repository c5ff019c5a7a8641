"""Checks of what a config says of how often it runs."""

from __future__ import annotations

from typing import Any

from runner.config.schema import AUTO, Config
from runner.errors import ConfigError, nearest
from runner.trust.sizes import check_replicates


def check_repeats(cfg: Config) -> None:
    """Check the number of runs, and what goes with `replicates=auto`.

    Raises:
        ConfigError: the number is neither a whole number from 1 nor `auto`, or the other keys do
            not fit.
    """
    if cfg.replicates != AUTO:
        check_replicates(_read_count(cfg.replicates))
        _refuse_unused(cfg)
        return
    check_replicates(cfg.max_replicates, "max_replicates")
    if cfg.max_replicates < cfg.same_replicates:
        raise ConfigError(
            "max_replicates",
            f"must be at least same_replicates, which is {cfg.same_replicates}",
            cfg.max_replicates,
        )


def _refuse_unused(cfg: Config) -> None:
    """Refuse settings that would silently do nothing, as the number of runs is given."""
    defaults = Config()
    for key in ("same_replicates", "max_replicates"):
        if getattr(cfg, key) != getattr(defaults, key):
            raise ConfigError(key, "is only used with replicates=auto", getattr(cfg, key))
    for key, value in (("budget.runs", cfg.budget.runs), ("budget.hours", cfg.budget.hours)):
        if value is not None:
            raise ConfigError(key, "is only used with replicates=auto", value)


def _read_count(value: Any) -> int:
    """Return a number of runs; one that is written as a text counts as the number."""
    known = not isinstance(value, bool) and isinstance(value, int)
    if not known and not (isinstance(value, str) and value.strip().isdecimal()):
        shown = "null" if value is None else value
        shown = str(shown).lower() if isinstance(shown, bool) else shown
        near = nearest(value, [AUTO]) if isinstance(value, str) else None
        raise ConfigError("replicates", f"must be a whole number or {AUTO}", shown, near)
    if int(value) < 1:
        raise ConfigError("replicates", "must be at least 1", value)
    return int(value)
