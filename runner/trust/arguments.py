"""Checks what arguments of trusted code could reach: objects that Keras imports, and files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from pathlib import Path, PurePath
from typing import Any

from runner.errors import ConfigError
from runner.trust.command_line import is_typed, is_typed_path, typed_keys
from runner.trust.names import (
    REFUSED,
    VARIABLE,
    check_application,
    check_module,
    check_program,
    check_target,
    is_trusted,
    needs_no_trust,
    trusted,
)

OBJECT_KEYS = (
    "model", "data.source", "train.optimizer", "train.loss", "train.metrics",
    "train.augment.function", "train.callbacks", "train.validation.source",
    "train.weighted_metrics",
)  # fmt: skip
"""Keys whose nodes describe an object and the arguments with which it is built."""

FILE_ARGUMENTS = frozenset(
    {"data_dir", "path", "targets", "test_path", "test_targets", "vocabulary"}
)  # fmt: skip
"""Arguments of our data sources and of Keras's lookup layers that, as texts, name files."""

LOOKUP_LAYERS = ("StringLookup", "IntegerLookup", "TextVectorization")
"""Keras's layers whose `vocabulary` is a file as a text, and the words themselves as a list."""

CODE_ARGUMENTS = ("data_dir",)
"""Arguments in FILE_ARGUMENTS whose files name code that tensorflow-datasets imports."""

GLOB_ARGUMENTS = ("path", "test_path")
"""Arguments in FILE_ARGUMENTS that may be globs."""

GLOB_CHARACTER = re.compile(r"[*?\[\\]")
"""A character that makes a path a glob."""

MAX_GLOB_MATCHES = 100_000
"""Largest number of files that a glob may match."""

CATALOGUE = "runner.datasets.tfds"
"""Name of our data source that takes data sets from tensorflow-datasets."""

CATALOGUE_NAME = re.compile(r"\w+(?:/\w+)*(?::[\d.*]+)?")
"""Name of a data set that comes with tensorflow-datasets; other forms name the origin of code."""


def check_arguments(config: Any, values: Mapping[str, Any]) -> None:
    """Refuse arguments, preloaded modules and a command that reach what is not trusted.

    Args:
        config: the config as dataclasses.
        values: the config as plain values.

    Raises:
        ConfigError: trust is lacking for a program, a module to import, an object that Keras would
            import, or a file outside the current directory that was not typed; or a config file
            sets `resume` or RUNNER_TRUST.
    """
    for key in OBJECT_KEYS:
        node: Any = values
        for name in key.split("."):
            node = node[name]
        if isinstance(node, dict | list):
            check_declared(node, key, check_target)
            _check(node, key, None)
    for key in ("data.preload", "task.preload"):
        for index, name in enumerate(attrgetter(key)(config)):
            check_module(f"{key}[{index}]", name)
    if config.task.command:
        check_program("task.command", config.task.command[0])
    if config.task.script is not None:
        check_program("task.script", config.task.script)
    if (
        config.resume is not None
        and "resume" not in typed_keys()
        and not is_typed_path(config.resume)
    ):
        raise ConfigError("resume", "cannot be set in a config file", config.resume)
    if VARIABLE in config.task.environment:
        raise ConfigError("task.environment", f"must not set {VARIABLE}: only --trust grants trust")


def check_declared(node: Any, key: str, check: Callable[[str, str], None]) -> None:
    """Check each `_target_` of a node.

    Args:
        node: a node of a config, as plain and resolved values.
        key: dotted key of the node.
        check: function called with the key and the dotted name of each `_target_`.

    Raises:
        ConfigError: a `_target_` is no text or needs trust that it lacks, or a text holds an
            interpolation, which could hide another `_target_`.
    """
    for inner, value in _find_values(node, key):
        # Hydra would resolve the text once more, and could find a _target_ that was not checked.
        if isinstance(value, str) and "${" in value:
            raise ConfigError(inner, "must not hold an interpolation as text", value)
        if inner.endswith("._target_"):
            if not isinstance(value, str):
                raise ConfigError(inner, "must be a dotted name such as keras.Sequential", value)
            check(inner, value)


def _find_values(node: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Yield (dotted key, value) for each value in nested dictionaries and lists."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _find_values(value, f"{key}.{name}")
    elif isinstance(node, list | tuple):
        for index, item in enumerate(node):
            yield from _find_values(item, f"{key}[{index}]")
    else:
        yield key, node


def _check(node: Any, key: str, target: str | None) -> None:
    """Check a node and the nodes below it.

    Args:
        node: a node of a config, as plain and resolved values.
        key: dotted key of the node.
        target: `_target_` of the object whose argument the node is; None if there is none.
    """
    if isinstance(node, list):
        for index, item in enumerate(node):
            _check(item, f"{key}[{index}]", target)
    if not isinstance(node, dict):
        return
    check_application(key, node)
    target = str(node.get("_target_", target))
    trusted_target = is_trusted(target) and not needs_no_trust(target)
    if "class_name" in node and not trusted_target:
        _check_description(key, node)
    if "_args_" in node and target.startswith("runner.") and not trusted_target:
        raise ConfigError(
            f"{key}._args_",
            f"must be keys instead, as {target} takes named arguments only",
            node["_args_"],
        )
    for name, value in node.items():
        inner = f"{key}.{name}"
        # Only the callable knows which items of _args_ name files.
        may_name_files = name in (*FILE_ARGUMENTS, "_args_") and not _holds_words(
            target, name, value
        )
        if may_name_files and not trusted_target and not is_typed(inner, key):
            for path_key, path in _find_values(value, inner):
                if isinstance(path, str):
                    _check_file(inner if name in FILE_ARGUMENTS else path_key, path, name)
        if target == CATALOGUE and name == "name" and not CATALOGUE_NAME.fullmatch(str(value)):
            raise ConfigError(inner, "must be a data set that tensorflow-datasets has", value)
        _check(value, inner, target)


def _holds_words(target: str, name: Any, value: Any) -> bool:
    """Return whether an argument is a list of words, which a lookup layer of Keras never opens."""
    module, _, layer = target.rpartition(".")
    return (
        name == "vocabulary"
        and module in ("keras.layers", "tensorflow.keras.layers", "tf.keras.layers")
        and layer in LOOKUP_LAYERS
        and isinstance(value, list)
        and not any(isinstance(each, list | dict) for each in value)
    )


def _check_description(key: str, node: dict[Any, Any]) -> None:
    """Refuse a dictionary from which Keras would make an object that needs trust.

    Wherever Keras accepts an object, it also accepts a dictionary of the form {class_name, config,
    module, registered_name}, and imports the module.
    """
    name, module, known = (node.get(field) for field in ("class_name", "module", "registered_name"))
    whole = f"{module}.{name}" if module else str(name)
    plain = isinstance(name, str) and name not in REFUSED and not name.startswith("_")
    if plain and known in (None, "", name):
        if module is None or needs_no_trust(whole) or is_trusted(whole):
            return
        if (module, name) == ("builtins", "function"):  # a function of Keras, by its name
            return
    rule = "describes an object that a config may not use without trust"
    raise ConfigError(key, rule, whole, "Write an object of Keras as _target_")


def _check_file(key: str, path: str, name: str) -> None:
    """Refuse a path to files, or to code, outside the directories that a config may name.

    Trusted directories are always allowed. The current directory is allowed for files that do not
    name code.

    Args:
        key: key of the config, for the message.
        path: path or glob, as written in the config.
        name: name of the argument.

    Raises:
        ConfigError: the path, or a file that a glob may match, lies outside.
    """
    code = name in CODE_ARGUMENTS
    if "\0" in path:
        raise ConfigError(key, "must be a path", repr(path))
    allowed = [os.path.realpath(item) for item in trusted() if os.sep in item]
    if not code:
        allowed.append(os.path.realpath("."))
    matches: Iterator[Path] = iter(())
    if name in GLOB_ARGUMENTS and os.path.isdir(path):
        matches = _find_links(path)
    elif name in GLOB_ARGUMENTS and GLOB_CHARACTER.search(path):
        matches = _find_glob_matches(key, path)
    files = (PurePath(os.path.realpath(file)) for file in (Path(path), *matches))
    outside = next((file for file in files if not any(map(file.is_relative_to, allowed))), None)
    rule = (
        "names files that can run code"
        if code
        else "may only name files below the current directory"
    )
    hints = [] if "[" in key else [f"type {key}={path}"]
    if "://" in path:
        outside = PurePath(path)
    elif outside is not None:
        directory = outside if code else outside.parent
        hints.append(f"run with --trust {os.path.join(directory, '')}")
    if outside is not None:
        hint = " or ".join(hints)
        raise ConfigError(key, rule, path, hint[:1].upper() + hint[1:])


def _find_links(directory: str) -> Iterator[Path]:
    """Yield every link below a directory, whose files a source reads wherever they lie."""
    for folder, names, files in os.walk(directory):
        yield from (
            Path(folder, each) for each in (*names, *files) if os.path.islink(Path(folder, each))
        )


def _find_glob_matches(key: str, pattern: str) -> Iterator[Path]:
    """Yield every file that a glob could match.

    Code that expands a glob follows links, and may use another notation than Python's. Each part
    of the pattern therefore matches all names that begin with its text before the first special
    character.

    Raises:
        ConfigError: more than MAX_GLOB_MATCHES files could match.
    """
    first, *parts = Path(pattern).parts
    root = Path(first) if first == os.sep else Path()
    matches = [root]
    for part in parts if first == os.sep else (first, *parts):
        begin, *special = GLOB_CHARACTER.split(part, maxsplit=1)
        if special:
            matches = [
                each / name for each in matches for name in _list(each) if name.startswith(begin)
            ]
        else:
            matches = [each / part for each in matches if os.path.lexists(each / part)]
        if len(matches) > MAX_GLOB_MATCHES:
            raise ConfigError(key, f"may stand for at most {MAX_GLOB_MATCHES} files", pattern)
    yield from matches


def _list(directory: Path) -> list[str]:
    """Return the names in a directory; none if it cannot be read."""
    try:
        return os.listdir(directory)
    except OSError:
        return []
