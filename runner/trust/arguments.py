"""What the arguments of trusted code could reach: objects that Keras imports, and files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath
from typing import Any

from omegaconf import DictConfig, OmegaConf

from runner.errors import ConfigError
from runner.trust.command_line import is_typed, is_typed_path, typed_keys
from runner.trust.names import (
    REFUSED,
    VARIABLE,
    check_module,
    check_program,
    check_target,
    is_trusted,
    needs_no_trust,
    trusted,
)

DESCRIBED = (
    "model", "data.source", "train.optimizer", "train.loss", "train.metrics",
    "train.augment.function",
)  # fmt: skip
"""Keys whose values become arguments."""

FILES = frozenset(
    {"data_dir", "path", "targets", "test_path", "test_targets", "vocabulary"}
)  # fmt: skip
"""Arguments, of our data sources and of Keras's lookup layers, that name files where they are
texts."""

CODE = ("data_dir",)
"""Those that name code as well: tensorflow-datasets imports what its files there say."""

GLOBS = ("path", "test_path")
"""Those that may stand for many files."""

SPECIAL = re.compile(r"[*?\[\\]")
"""Where a path becomes a glob."""

MOST_MEANT = 100_000
"""Files that one path may stand for."""

CATALOGUE = "runner.datasets.tfds"
PLAIN = re.compile(r"\w+(?:/\w+)*(?::[\d.*]+)?")
"""A name of a data set that comes with tensorflow-datasets; others say where code is from."""


def check_arguments(cfg: DictConfig) -> None:
    """Refuse what arguments, modules to import and a command could reach without trust.

    Args:
        cfg: composed, without Hydra's own node.

    Raises:
        ConfigError: a description of an object that Keras would import, a file outside of the
            current directory that a file names, a module or a program needs trust.
    """
    for key in DESCRIBED:
        node = OmegaConf.select(cfg, key)
        if OmegaConf.is_config(node):
            plain = OmegaConf.to_container(node, resolve=True)
            check_declared(plain, key, check_target)
            _check(plain, key, None)
    for key in ("data.preload", "task.preload"):
        for index, name in enumerate(OmegaConf.select(cfg, key)):
            check_module(f"{key}[{index}]", name)
    if cfg.task.command:
        check_program("task.command", cfg.task.command[0])
    if cfg.resume is not None and "resume" not in typed_keys() and not is_typed_path(cfg.resume):
        raise ConfigError("resume", "cannot be set in a config file", cfg.resume)
    if VARIABLE in cfg.task.environment:
        raise ConfigError("task.environment", "must not set what is trusted", VARIABLE)


def check_declared(node: Any, key: str, check: Callable[[str, str], None]) -> None:
    """Check each `_target_` of a node, before or when it is instantiated.

    Args:
        node: plain and resolved.
        key: where it is.
        check: takes the key and the name of each.

    Raises:
        ConfigError: one needs trust that it does not have, or there may be more of them than can
            be seen.
    """
    for inner, value in _find_values(node, key):
        # Hydra would resolve it once more, and could find a _target_ that nobody has checked.
        if isinstance(value, str) and "${" in value:
            raise ConfigError(inner, "must not hold an interpolation as text", value)
        if inner.endswith("._target_"):
            if not isinstance(value, str):
                raise ConfigError(inner, "must be a dotted name such as keras.Sequential", value)
            check(inner, value)


def _find_values(node: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Yield (key, value) for what plain dictionaries and lists hold."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _find_values(value, f"{key}.{name}")
    elif isinstance(node, list | tuple):
        for index, item in enumerate(node):
            yield from _find_values(item, f"{key}[{index}]")
    else:
        yield key, node


def _check(node: Any, key: str, target: str | None) -> None:
    """Check a node and what it holds.

    Args:
        node: plain and resolved.
        key: where it is.
        target: whose argument it is; None: nobody's yet.
    """
    if isinstance(node, list):
        for index, item in enumerate(node):
            _check(item, f"{key}[{index}]", target)
    if not isinstance(node, dict):
        return
    target = str(node.get("_target_", target))
    theirs = is_trusted(target) and not needs_no_trust(target)
    if "class_name" in node and not theirs:
        _check_description(key, node)
    if "_args_" in node and target.startswith("runner.") and not theirs:
        raise ConfigError(f"{key}._args_", f"must be given by name to {target}", node["_args_"])
    for name, value in node.items():
        inner = f"{key}.{name}"
        # What an item of _args_ is only its callable knows.
        if name in (*FILES, "_args_") and not theirs and not is_typed(inner, key):
            for place, path in _find_values(value, inner):
                if isinstance(path, str):
                    _check_file(inner if name in FILES else place, path, name)
        if target == CATALOGUE and name == "name" and not PLAIN.fullmatch(str(value)):
            raise ConfigError(inner, "must be a data set that tensorflow-datasets has", value)
        _check(value, inner, target)


def _check_description(key: str, node: dict[Any, Any]) -> None:
    """Refuse a dictionary from which Keras would make an object that needs trust.

    Keras takes {class_name, config, module, registered_name} for an object wherever it takes one,
    and imports the module.
    """
    name, module, known = (node.get(each) for each in ("class_name", "module", "registered_name"))
    whole = f"{module}.{name}" if module else str(name)
    plain = isinstance(name, str) and name not in REFUSED and not name.startswith("_")
    if plain and known in (None, "", name):
        if module is None or needs_no_trust(whole) or is_trusted(whole):
            return
        if (module, name) == ("builtins", "function"):  # one of Keras's own, by its name
            return
    rule = "describes an object that a config may not use without trust"
    raise ConfigError(key, rule, whole, "Write an object of Keras as _target_")


def _check_file(key: str, path: str, name: str) -> None:
    """Refuse a file, or code, outside of the directories in which a config may name it.

    Args:
        key: of the config, which the message names.
        path: as the config has it.
        name: of the argument.
    """
    code = name in CODE
    if "\0" in path:
        raise ConfigError(key, "must be a path", repr(path))
    allowed = [os.path.realpath(each) for each in trusted() if os.sep in each]
    if not code:
        allowed.append(os.path.realpath("."))
    found = _find_meant(key, path) if name in GLOBS and SPECIAL.search(path) else ()
    meant = (PurePath(os.path.realpath(each)) for each in (path, *found))
    outside = (each for each in meant if not any(map(each.is_relative_to, allowed)))
    whole = next(outside, None)
    rule = (
        "names files that can run code"
        if code
        else "may only name files below the current directory"
    )
    hints = [] if "[" in key else [f"type {key}={path}"]
    if "://" in path:
        whole = PurePath(path)
    elif whole is not None:
        hints.append(f"run with --trust {os.path.join(whole if code else whole.parent, '')}")
    if whole is not None:
        hint = " or ".join(hints)
        raise ConfigError(key, rule, path, hint[:1].upper() + hint[1:])


def _find_meant(key: str, pattern: str) -> Iterator[Path]:
    """Every file that a glob could stand for.

    Whoever reads a glob follows links on its way, and has a notation of its own. So all names
    count that begin like a part of the pattern does.

    Raises:
        ConfigError: they are too many.
    """
    first, *parts = Path(pattern).parts
    root = Path(first) if first == os.sep else Path()
    found = [root]
    for part in parts if first == os.sep else (first, *parts):
        begin, *special = SPECIAL.split(part, maxsplit=1)
        if special:
            found = [
                each / name for each in found for name in _list(each) if name.startswith(begin)
            ]
        else:
            found = [each / part for each in found if os.path.lexists(each / part)]
        if len(found) > MOST_MEANT:
            raise ConfigError(key, f"may stand for at most {MOST_MEANT} files", pattern)
    yield from found


def _list(directory: Path) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []
