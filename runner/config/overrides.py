"""Overrides of a sweep: parsed once, checked, expanded, and named."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Quote, QuotedString

from runner.config.schema import RUN_KEYS, SWEEP_KEYS, Strategy
from runner.errors import ConfigError
from runner.trust.command_line import split_override


def quote_value(text: str) -> str:
    """Return a text as the value of an override, which no part of it can end."""
    return QuotedString(text, Quote.single).with_quotes()


def parse_overrides(
    params: dict[str, str], arguments: Sequence[str], loader: ConfigLoader
) -> list[Override]:
    """Parse the sweeper's own overrides and those typed, of which the latter win in `expand`.

    They win by what they name: for `++key=value`, a param `key` would be swept over beside it.
    """
    parser = OverridesParser.create(config_loader=loader)
    said = parser.parse_overrides(list(arguments))
    forced = {each.key_or_group for each in said if each.is_force_add()}
    own = [f"{key}={value}" for key, value in params.items() if key not in forced]
    return [*parser.parse_overrides(own), *said]


def check_swept(overrides: Sequence[Override]) -> None:
    """Check that the overrides of a runner config make sense for a sweep.

    Raises:
        ConfigError: a key that is the same for a whole sweep was given several values, or one
            that tells its runs apart was given at all.
    """
    for override in overrides:
        key = override.key_or_group
        value = str(override.input_line).partition("=")[2]  # empty in a deletion, such as ~key
        if key in RUN_KEYS:
            raise ConfigError(key, "is set by the sweep", value)
        if key.partition(".")[0] in SWEEP_KEYS and override.is_sweep_override():
            raise ConfigError(key, "is one value for the whole sweep", value)


def expand(overrides: Sequence[Override]) -> list[list[str]]:
    """Every combination of the values given, as Hydra overrides; the last one varies fastest.

    Raises:
        ConfigError: there is no value, or no end of them.
    """
    choices: dict[str, list[str]] = {}
    for override in overrides:
        key = override.get_key_element()
        if not override.is_sweep_override():
            choices[key] = [f"{key}={override.get_value_element_as_str()}"]
            continue
        if not override.is_discrete_sweep():
            rule = "must be a list, range or glob of values to sweep over"
            raise ConfigError(key, rule, override.get_value_string())
        # Not str(value): quoted values would lose their quotes.
        choices[key] = [f"{key}={value}" for value in override.sweep_string_iterator()]
        if not choices[key]:
            raise ConfigError(key, "there is no such value", override.get_value_string())
    return [list(combination) for combination in itertools.product(*choices.values())]


def describe_overrides(overrides: Iterable[str], strategy: str) -> dict[str, str]:
    """Key to value for what overrides say of a configuration, as its record has it.

    Left out are Hydra's own settings, how often and where the configuration runs, and the seed
    that a plan drew for one of its runs.

    Args:
        overrides: as typed, each with one value.
        strategy: name of the configuration's seed strategy.
    """
    dropped = {*SWEEP_KEYS, *RUN_KEYS, "hydra"}
    drawn = {"seed.value"} if strategy == Strategy.random.name else set()
    named = map(split_override, overrides)
    return {
        key: value
        for key, value in named
        if re.split(r"[./]", key, maxsplit=1)[0] not in dropped and key not in drawn
    }
