"""Builds the object that a `_target_` in a config describes; every error names the key."""

from __future__ import annotations

import importlib.util
import re
import sys
from functools import cache
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import OmegaConf

from runner.config.model_graph import GRAPH
from runner.errors import ConfigError, RunnerError, nearest
from runner.text import format_error
from runner.trust.arguments import check_declared
from runner.trust.identity import UnknownNameError, check_identity
from runner.trust.importer import is_in_directory
from runner.trust.names import CONFIG_FUNCTIONS, check_target

MODELS = "runner.models."
"""How the names of our functions that make models begin."""


def instantiate_node(node: Any, key: str) -> Any:
    """Build the object that a node of a config describes.

    Args:
        node: a node of a config, as plain dictionaries and lists, or a single value.
        key: dotted key of the node, for errors.

    Returns:
        The object; a node that is not a dictionary is returned unchanged.

    Raises:
        ConfigError: a callable needs trust that it lacks, cannot be imported or raised an error.
        RunnerError: a callable raised this error itself.
    """
    if not isinstance(node, dict):
        return node
    try:
        check_declared(node, key, check_identity)
        return instantiate(_name_definitions(node, key), _convert_="all")
    except UnknownNameError as error:
        raise _unknown_target(error.key, error.name, error.__cause__ or error) from error
    except InstantiationException as error:
        if isinstance(error.__cause__, RunnerError):
            raise error.__cause__ from None
        raise _explain(error, node, key) from error


def instantiate_nest(node: Any, key: str) -> Any:
    """Build the objects of a node that may hold several, in lists and in mappings of names.

    The arguments and errors are those of `instantiate_node`.
    """
    if isinstance(node, list):
        return [instantiate_nest(each, f"{key}[{index}]") for index, each in enumerate(node)]
    if isinstance(node, dict) and "_target_" not in node:
        return {name: instantiate_nest(each, f"{key}.{name}") for name, each in node.items()}
    return instantiate_node(node, key)


def _name_definitions(node: Any, key: str) -> Any:
    """Replace each config name of one of our functions with the name under which it is defined.

    Functions that make models also get the key of their node, for errors; a graph gets its layers
    as they are declared, and makes them itself.
    """
    if isinstance(node, list):
        return [_name_definitions(item, f"{key}[{index}]") for index, item in enumerate(node)]
    if not isinstance(node, dict):
        return node
    target = node.get("_target_")
    if target == GRAPH:
        return {**node, "_target_": CONFIG_FUNCTIONS[GRAPH], "_recursive_": False, "key": key}
    named = {name: _name_definitions(value, f"{key}.{name}") for name, value in node.items()}
    if isinstance(target, str) and target in CONFIG_FUNCTIONS:
        named["_target_"] = CONFIG_FUNCTIONS[target]
        if target.startswith(MODELS):
            named["key"] = key
    return named


def _explain(error: InstantiationException, node: dict[str, Any], key: str) -> ConfigError:
    text, cause = str(error), error.__cause__
    if match := re.search(r"full_key: (\S+)", text):
        inner = match.group(1)
        if OmegaConf.select(OmegaConf.create(node), inner) is None:
            inner = re.sub(r"(\d+)$", r"[\1]", inner)  # OmegaConf forgets a last index's brackets
        key = f"{key}.{inner}"
    if match := re.search(r"Error locating target '([^']+)'", text):
        return _unknown_target(f"{key}._target_", match.group(1), cause or error)
    if cause is not None:
        return ConfigError(key, f"its _target_ raised {format_error(cause)}")
    return ConfigError(key, text.splitlines()[0])


def _unknown_target(key: str, target: str, cause: BaseException) -> ConfigError:
    hint = near_target(target) or format_error(cause)
    return ConfigError(key, "cannot be imported", target, hint)


def near_target(target: str) -> str | None:
    """Return a hint with the closest name in the target's module; None if it is not imported."""
    module_name, _, name = target.rpartition(".")
    module = sys.modules.get(module_name)
    close = nearest(name, [n for n in dir(module) if not n.startswith("_")]) if module else None
    return close.replace("'", f"'{module_name}.", 1) if close else None


def _is_installed(package: str) -> bool:
    try:
        _find_package(package, tuple(sys.path))
    except ModuleNotFoundError:
        return False
    return True


@cache
def _find_package(package: str, path: tuple[str, ...]) -> None:
    """Search a package once, as a large grid asks for the same ones in each configuration.

    Args:
        package: its name.
        path: where Python searches now.

    Raises:
        ModuleNotFoundError: it is not there; this is not remembered, as it can be installed.
    """
    if importlib.util.find_spec(package) is None:
        raise ModuleNotFoundError(package)


def check_callable(key: str, target: str) -> None:
    """Refuse the name of a callable that cannot exist or is not trusted, without importing it.

    Raises:
        ConfigError: the name is not dotted, its package is not installed, or it needs trust that
            it lacks.
    """
    package, *names = target.split(".")
    if not names or not all(part.isidentifier() for part in (package, *names)):
        raise ConfigError(key, "must be a dotted name such as keras.Sequential", target)
    if not _is_installed(package) and not is_in_directory(package):
        raise ConfigError(key, f"package {package!r} is not installed", target)
    check_target(key, target)
