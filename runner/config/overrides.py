"""Overrides of a sweep: parsing, checking, expansion to single values, and description."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Quote, QuotedString

from runner.config.schema import RUN_KEYS, SWEEP_KEYS, Config, Strategy
from runner.errors import ConfigError
from runner.trust.command_line import split_override


def quote_value(text: str) -> str:
    """Return a text quoted as the value of an override, so that no character can end the value."""
    return QuotedString(text, Quote.single).with_quotes()


SHORT_KEYS = {
    "optimizer": "train.optimizer",
    "schedule": "train.optimizer.learning_rate",
    "loss": "train.loss",
}
"""Name of a group to the key below which its choices go, for which the name stands."""


def lengthen_keys(arguments: Sequence[str]) -> list[str]:
    """Return a command line in which `optimizer.learning_rate=0.1` names the whole key."""
    names = "|".join(SHORT_KEYS)
    return [
        re.sub(rf"^([+~]*)({names})\.(?=\w)", lambda m: f"{m[1]}{SHORT_KEYS[m[2]]}.", argument)
        for argument in arguments
    ]


STARTS = {"piecewise": "values=[...]"}
"""Schedules that do not begin at `initial_learning_rate`, to what is given instead."""


def check_choices(overrides: Sequence[str]) -> None:
    """Refuse a choice of a group that a value on the same command line silently takes the place of.

    Args:
        overrides: overrides as typed, each with one value.

    Raises:
        ConfigError: a schedule is chosen and a learning rate given, or likewise an optimizer or a
            loss.
    """
    given = dict(map(split_override, overrides))
    for group, key in SHORT_KEYS.items():
        choice, value = given.get(group), given.get(key)
        # A mapping is merged into the choice.
        if choice in (None, "null", "none") or not value or value.startswith("{"):
            continue
        rule, hint = f"takes the place of {group}={choice}; give one of the two", None
        if group == "schedule":
            start = STARTS.get(choice, f"initial_learning_rate={value}")
            hint = f"The schedule begins at schedule.{start}"
        raise ConfigError(key, rule, value, hint)


def parse_overrides(
    params: dict[str, str], arguments: Sequence[str], loader: ConfigLoader
) -> list[Override]:
    """Parse the overrides in the sweeper's `params` and the typed ones, which win in `expand`.

    Args:
        params: key to value, as in `hydra.sweeper.params`.
        arguments: overrides as typed.
        loader: Hydra's config loader, which finds the files that a glob matches.

    Returns:
        The overrides from `params`, then the typed ones. A typed `++key=value` drops the param
        `key`, which would otherwise be swept over too.
    """
    parser = OverridesParser.create(config_loader=loader)
    typed = parser.parse_overrides(list(arguments))
    forced = {override.key_or_group for override in typed if override.is_force_add()}
    own = [f"{key}={value}" for key, value in params.items() if key not in forced]
    return [*parser.parse_overrides(own), *typed]


def check_swept(overrides: Sequence[Override], loader: ConfigLoader) -> None:
    """Check that the overrides of a config with our schema are valid in a sweep.

    Args:
        overrides: parsed overrides.
        loader: Hydra's config loader, which knows the groups.

    Raises:
        ConfigError: a key in SWEEP_KEYS is given several values, a key in RUN_KEYS any, or a key
            that no config has is swept over to repeat runs.
    """
    for override in overrides:
        key = override.key_or_group
        value = str(override.input_line).partition("=")[2]  # empty in a deletion, such as ~key
        values = list_swept(override)
        repeat = f"To repeat each configuration write replicates={len(values)}"
        if key in RUN_KEYS:
            raise ConfigError(key, "is set by the sweep", value, repeat if values else None)
        unknown = key not in Config.__dataclass_fields__ and not loader.get_group_options(key)
        if override.is_add() and unknown and "." not in key and _only_counts(values):
            raise ConfigError(key, "is not a key of the config", value, repeat)
        if key.partition(".")[0] in SWEEP_KEYS and override.is_sweep_override():
            raise ConfigError(key, "is one value for the whole sweep", value)


def list_swept(override: Override) -> list[str]:
    """Return the values that an override sweeps over; empty where it does not, or not by a list."""
    if not (override.is_sweep_override() and override.is_discrete_sweep()):
        return []
    return list(override.sweep_string_iterator())


def _only_counts(values: Sequence[str]) -> bool:
    """Return whether values are all equal, or are the numbers of repetitions from 0 or 1."""
    numbers = [int(each) if each.isdecimal() else -1 for each in values]
    counted = any(numbers == list(range(first, first + len(values))) for first in (0, 1))
    return len(values) > 1 and (counted or len(set(values)) == 1)


def describe_repeats(overrides: Sequence[Override]) -> list[str]:
    """Say where a sweep seems to be meant to repeat runs, and what does that; a line for each.

    Args:
        overrides: parsed overrides of a sweep that was checked.
    """
    lines = []
    for override in overrides:
        key, values = override.key_or_group, list_swept(override)
        if len(values) > len(set(values)):
            lines.append(
                f"{key}: a value that is given several times counts once. To repeat each"
                f" configuration {len(values)} times write replicates={len(values)}"
            )
        elif key == "seed.value" and len(values) > 1:
            lines.append(
                f"{key}: each seed is a configuration of its own. For one row over {len(values)}"
                f" seeds write seed=random replicates={len(values)}"
            )
    return lines


def expand(overrides: Sequence[Override]) -> list[list[str]]:
    """Return every combination of the values given; the last override varies fastest.

    Args:
        overrides: parsed overrides; of several for one key, the last one counts.

    Returns:
        One list of overrides `KEY=VALUE` per combination.

    Raises:
        ConfigError: an override gives no value, or values that cannot be enumerated.
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
        # str(value) would drop the quotes of a quoted value.
        choices[key] = [f"{key}={value}" for value in override.sweep_string_iterator()]
        if not choices[key]:
            raise ConfigError(key, "there is no such value", override.get_value_string())
    return [list(combination) for combination in itertools.product(*choices.values())]


def describe_overrides(overrides: Iterable[str], strategy: str) -> dict[str, str]:
    """Return the overrides that identify a configuration, as its record stores them.

    Hydra's own settings, SWEEP_KEYS, RUN_KEYS and a seed drawn for a single run are left out.

    Args:
        overrides: overrides as typed, each with one value.
        strategy: name of the configuration's seed strategy.

    Returns:
        Key or group to value.
    """
    dropped = {*SWEEP_KEYS, *RUN_KEYS, "hydra"}
    drawn = {"seed.value"} if strategy == Strategy.random.name else set()
    pairs = map(split_override, overrides)
    return {
        key: value
        for key, value in pairs
        if re.split(r"[./]", key, maxsplit=1)[0] not in dropped and key not in drawn
    }
