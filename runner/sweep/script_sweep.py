"""Makes the command line of a sweep over a script, as `audit` runs it."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from runner.config.overrides import quote_value
from runner.errors import ConfigError, nearest
from runner.trust.names import OPTION

SUFFIXES = (".py", ".ipynb")


@dataclass(frozen=True)
class AuditedScript:
    """A script, and what it is called with."""

    path: str
    """Of the file, relative to the current directory where it lies below that."""
    arguments: tuple[str, ...]
    module: bool = False
    """Whether it is run as a module of a package."""

    @classmethod
    def find(cls, name: str, arguments: tuple[str, ...], *, module: bool) -> AuditedScript:
        """Find a script by what was typed.

        Raises:
            ConfigError: there is no such file, or it is neither Python nor a notebook.
        """
        path = Path(name.replace(".", "/") + ".py") if module else Path(name)
        if module and not path.is_file():
            path = path.with_suffix("") / "__main__.py"
        if not path.is_file():
            there = [each.name for each in Path().iterdir() if each.suffix in SUFFIXES]
            hint = None if module else nearest(name, there)
            if Path(name).name.startswith("python") and set(arguments) & set(there):
                hint = "Name the script first, without what runs it"
            what = "there is no such module in the current directory" if module else "no such file"
            raise ConfigError("audit", what, name, hint)
        if path.suffix not in SUFFIXES:
            raise ConfigError("audit", "must be a Python file or a notebook", name)
        return cls(os.path.normpath(path), arguments, module)


def make_arguments(
    script: AuditedScript,
    overrides: Sequence[str],
    vary: Sequence[str],
    outputs: Sequence[str],
    directory: str,
) -> list[str]:
    """Return the command line of the sweep.

    Args:
        script: what is run.
        overrides: further overrides.
        vary: `NAME=A,B` for each argument that is varied.
        outputs: files and variables of the script that are its outputs.
        directory: of the sweep.

    Raises:
        ConfigError: an item of `vary` is not of that form.
    """
    path = script.path if os.sep in script.path else os.path.join(".", script.path)
    variants = [_quote([*script.arguments, *more]) for more in _vary(vary)]
    return [
        OPTION,
        path,
        "task=script",
        f"task.script={quote_value(script.path)}",
        f"task.args={','.join(variants)}",
        *([f"task.outputs={_quote(outputs)}"] if outputs else []),
        *(["task.module=true"] if script.module else []),
        f"hydra.sweep.dir={quote_value(directory)}",
        *overrides,
        "-m",
    ]


def choose_directory(overrides: Sequence[str]) -> str:
    """Return the directory of a sweep that starts now, unless an override names one."""
    for each in overrides:
        if each.startswith("hydra.sweep.dir="):
            return each.partition("=")[2].strip("'\"")
    now = datetime.datetime.now()
    return f"outputs/{now:%Y-%m-%d}/{now:%H-%M-%S}"


def _vary(vary: Sequence[str]) -> list[list[str]]:
    """Return the further arguments of each combination."""
    choices = []
    for each in vary:
        name, equals, values = each.partition("=")
        if not equals or not name or not values:
            raise ConfigError("--vary", "must be NAME=A,B", each)
        option = f"--{name.lstrip('-')}"
        choices.append([[option, value] for value in values.split(",")])
    return [[word for pair in combination for word in pair] for combination in product(*choices)]


def _quote(words: Sequence[str]) -> str:
    return f"[{','.join(map(quote_value, words))}]"
