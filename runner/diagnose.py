"""From what Hydra and OmegaConf raise to our one line: key, rule, value received, nearest."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

from hydra.errors import (
    HydraException,
    InstantiationException,
    MissingConfigException,
    OverrideParseException,
)
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from runner.errors import ConfigError, nearest
from runner.schema import Config, walk

SEED_HINT = "To sweep over seed values write seed.value=1,2,3"


def diagnose(error: BaseException) -> ConfigError | None:
    """Say what is wrong with the config in one line; None when the error is about another thing."""
    if isinstance(error, ConfigError):
        return error
    if isinstance(error, MissingConfigException):
        return _missing_choice(error)
    if isinstance(error, OverrideParseException):
        rule = "is not an override such as key=value"
        return ConfigError(error.override, rule, None, _first_line(error))
    if isinstance(error, ValueError) and "Config group override must be" in str(error):
        return _number_for_group(sys.argv[1:])
    if isinstance(error, YAMLError):
        return ConfigError("config", f"is not valid YAML: {' '.join(str(error).split())}")
    if isinstance(error, HydraException | OmegaConfBaseException):
        return _composition(error)
    return None


def describe_target(error: InstantiationException) -> str:
    """One line for a `_target_` that does not exist or does not take its arguments."""
    text = str(error)
    missing = re.search(r"Error locating target '([^']+)'", text)
    key = re.search(r"full_key: (\S+)", text)
    place = key.group(1) if key else "_target_"
    if not missing:
        return " ".join(text.split())
    target = missing.group(1)
    return str(ConfigError(place, "its _target_ cannot be imported", target, _near_target(target)))


def _missing_choice(error: MissingConfigException) -> ConfigError:
    wanted = error.missing_cfg_file or ""
    group, _, choice = wanted.rpartition("/")
    options = list(error.options or [])
    if not group:
        return ConfigError(wanted, "no such config was found")
    hint = nearest(choice, options)
    if group == "seed" and re.fullmatch(r"[\d.]+", choice):
        hint = SEED_HINT
    return ConfigError(group, f"must be one of {', '.join(sorted(options))}", choice, hint)


def _number_for_group(arguments: Iterable[str]) -> ConfigError:
    """A group was given a number: the habit `seed=1,2,3` of other applications."""
    for argument in arguments:
        found = re.fullmatch(r"\+*(\w+)=([-\d.,e]+|null|true|false)", argument, re.IGNORECASE)
        if found and "." not in found.group(1):
            key, value = found.groups()
            hint = SEED_HINT if key == "seed" else f"A field of it is written {key}.field=value"
            return ConfigError(key, "names a file of the group, not a value", value, hint)
    return ConfigError("config", "a group takes the name of a file, not a value")


def _composition(error: BaseException) -> ConfigError:
    text = str(error)
    needed = re.search(r"Missing mandatory value: (\S+)", text)
    if needed:
        return ConfigError(needed.group(1), f"must be given, as {needed.group(1)}=VALUE")
    unknown = re.search(r"Could not override '([^']+)'", text)
    if unknown:
        return unknown_key(unknown.group(1))
    merging = re.search(r"Error merging override (.+)", text)
    if merging:
        key, _, value = merging.group(1).partition("=")
        rule = _first_line(error.__cause__ or error.__context__ or error)
        return ConfigError(key.lstrip("+"), _rule_of(rule), value or "''", _near_value(rule, value))
    several = re.search(r"Ambiguous value for argument '([^=]+)=(.*)'", text)
    if several:
        key, value = several.groups()
        hint = "To sweep over it add -m"
        if key == "seed" and re.fullmatch(r"[\d.,]+", value):
            hint = f"To sweep over it write seed.value={value} -m"
        return ConfigError(key, "takes one value", value, hint)
    if isinstance(error, OmegaConfBaseException) and error.full_key:
        return ConfigError(str(error.full_key), _rule_of(_first_line(error)))
    cause = error.__cause__
    if isinstance(cause, OmegaConfBaseException):
        return _composition(cause)
    return ConfigError("config", _first_line(error))


def unknown_key(key: str, received: object = None) -> ConfigError:
    """For a key that the schema does not have, with the nearest one that it has."""
    known = {k for k, _ in walk()} | {k.rpartition(".")[0] for k, _ in walk()} - {""}
    known |= set(Config.__dataclass_fields__)
    hint = nearest(key, known)
    if hint is None and "." in key:
        hint = nearest(key.rpartition(".")[2], {k.rpartition(".")[2] for k in known})
    return ConfigError(key, "is not a key of the config", received, hint)


def _rule_of(text: str) -> str:
    converted = re.search(r"could not be converted to (\w+)", text)
    if converted:
        kinds = {"Integer": "a whole number", "Float": "a number", "Boolean": "true or false"}
        return f"must be {kinds.get(converted.group(1), converted.group(1))}"
    expected = re.search(r"expected one of \[([^\]]+)\]", text)
    if expected:
        return f"must be one of {expected.group(1)}"
    return text


def _near_value(text: str, value: str) -> str | None:
    expected = re.search(r"expected one of \[([^\]]+)\]", text)
    return nearest(value, expected.group(1).split(", ")) if expected else None


def _near_target(target: str) -> str | None:
    """Look for the name among what its module has, if that was imported already."""
    module, _, name = target.rpartition(".")
    found = sys.modules.get(module)
    close = nearest(name, [n for n in dir(found) if not n.startswith("_")]) if found else None
    return close.replace("'", f"'{module}.", 1) if close else None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
