"""From a `_target_` in a config to the object that it describes; what goes wrong names its key."""

from __future__ import annotations

import importlib.util
import re
import sys
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import OmegaConf

from runner.errors import ConfigError, RunnerError, nearest
from runner.text import format_error
from runner.trust.arguments import check_declared
from runner.trust.identity import UnknownNameError, check_identity
from runner.trust.importer import is_here
from runner.trust.names import OWN, check_target


def instantiate_node(node: Any, key: str) -> Any:
    """Build what a node of a config describes; a plain name or number is returned as it is.

    Args:
        node: from a config, as plain dictionaries and lists.
        key: where in the config it is.

    Raises:
        RunnerError: a callable cannot be imported or raised an error.
        ConfigError: it needs trust that it does not have.
    """
    if not isinstance(node, dict):
        return node
    try:
        check_declared(node, key, check_identity)
        return instantiate(_name_definitions(node), _convert_="all")
    except UnknownNameError as error:
        raise _unknown_target(error.key, error.name, error.__cause__ or error) from error
    except InstantiationException as error:
        if isinstance(error.__cause__, RunnerError):
            raise error.__cause__ from None
        raise _explain(error, node, key) from error


def _name_definitions(node: Any) -> Any:
    """Put the name by which a function of ours is defined in the place of the one in the config."""
    if isinstance(node, list):
        return [_name_definitions(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        name: OWN.get(value, value)
        if name == "_target_" and isinstance(value, str)
        else _name_definitions(value)
        for name, value in node.items()
    }


def _explain(error: InstantiationException, node: dict[str, Any], key: str) -> ConfigError:
    text, cause = str(error), error.__cause__
    if found := re.search(r"full_key: (\S+)", text):
        inner = found.group(1)
        if OmegaConf.select(OmegaConf.create(node), inner) is None:
            inner = re.sub(r"(\d+)$", r"[\1]", inner)  # OmegaConf forgets a last index's brackets
        key = f"{key}.{inner}"
    if found := re.search(r"Error locating target '([^']+)'", text):
        return _unknown_target(f"{key}._target_", found.group(1), cause or error)
    if cause is not None:
        return ConfigError(key, f"its _target_ raised {format_error(cause)}")
    return ConfigError(key, text.splitlines()[0])


def _unknown_target(key: str, target: str, cause: BaseException) -> ConfigError:
    hint = _near_target(target) or format_error(cause)
    return ConfigError(key, "cannot be imported", target, hint)


def _near_target(target: str) -> str | None:
    """Look for the name among what its module has, if that was imported already."""
    module, _, name = target.rpartition(".")
    found = sys.modules.get(module)
    close = nearest(name, [n for n in dir(found) if not n.startswith("_")]) if found else None
    return close.replace("'", f"'{module}.", 1) if close else None


def check_callable(key: str, target: str) -> None:
    """Refuse the name of a callable that cannot be there, without importing anything.

    Raises:
        ConfigError: it is no dotted name, its package is not installed, or it is not trusted.
    """
    package, *names = target.split(".")
    if not names or not all(part.isidentifier() for part in (package, *names)):
        raise ConfigError(key, "must be a dotted name such as keras.Sequential", target)
    if importlib.util.find_spec(package) is None and not is_here(package):
        raise ConfigError(key, f"package {package!r} is not installed", target)
    check_target(key, target)
