"""Turns the arguments of a call into the command line of a sweep."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.config.overrides import quote_value
from runner.errors import ConfigError
from runner.trust.names import OPTION

RULE = "must be a list of overrides, such as ['seed=fixed,random']"

PLAIN = re.compile("[A-Za-z_][A-Za-z0-9_./-]*")
"""A text that an override can have without quotes, which would show in the table."""

WORDS = ("true", "false", "null", "nan", "inf")
"""Texts that are something else without quotes."""


def make_sweep_arguments(
    overrides: Sequence[str],
    options: Mapping[str, Any],
    directory: str | os.PathLike[str] | None,
    trust: Sequence[str],
    config_dir: str | os.PathLike[str] | None,
) -> list[str]:
    """Return the command line, without the program.

    Args:
        overrides: as typed on a command line; lists of values are swept over.
        options: config key to its one value.
        directory: of the sweep; None for the one that the config gives.
        trust: packages, dotted names or programs that the configs may use.
        config_dir: a further directory of configs; None for none.

    Raises:
        ConfigError: an override is no text, or an option of the command line.
    """
    # The option comes first, because a first bare word would be the name of a command.
    arguments = ["-m"]
    for name in _list_texts("trust", trust):
        arguments += [OPTION, name]
    if config_dir is not None:
        arguments += ["--config-dir", str(Path(config_dir).absolute())]
    given = _list_texts("overrides", overrides)
    for each in given:
        if each.startswith("-") or ("=" not in each and not each.startswith("~")):
            raise ConfigError("overrides", f"{RULE}, each with a =", each)
    given += [f"{key}={write_value(key, value)}" for key, value in options.items()]
    for each in given:
        if each.partition("=")[0].lstrip("+") == "dry_run":
            raise ConfigError("dry_run", "is for the command line, as nothing is run", each)
    arguments += given
    if directory is not None:
        arguments.append(f"hydra.sweep.dir={quote_value(os.fspath(directory))}")
    return arguments


def write_value(key: str, value: Any) -> str:
    """Return a Python value as the value of an override.

    Raises:
        ConfigError: it is neither None, a number, a text nor a list or mapping of these.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str | os.PathLike):
        text = os.fspath(value)
        return text if PLAIN.fullmatch(text) and text.lower() not in WORDS else quote_value(text)
    if isinstance(value, Mapping):
        for name in value:
            if not re.fullmatch("[A-Za-z0-9_]+", str(name)):
                raise ConfigError(
                    key, "must have names of letters (a to z), digits and _", repr(name)
                )
        pairs = (f"{name}:{write_value(key, each)}" for name, each in value.items())
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(write_value(key, each) for each in value)}]"
    raise ConfigError(key, "must be a number, a text, or a list or mapping of these", repr(value))


def _list_texts(name: str, given: Iterable[str]) -> list[str]:
    """Return the items; a text alone, whose characters would be the items, is refused."""
    rule = RULE if name == "overrides" else "must be a list of names, such as ['my_package']"
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ConfigError(name, rule, repr(given))
    texts = list(given)
    for each in texts:
        if not isinstance(each, str):
            raise ConfigError(name, rule, repr(each))
    return texts
