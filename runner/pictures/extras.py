"""Imports libraries that only some people install, by the name of the extra that has them."""

from __future__ import annotations

import importlib
from typing import Any

from runner.errors import ConfigError


def import_extra(module: str, extra: str, key: str) -> Any:
    """Import a module that an extra of this package installs.

    Args:
        module: its dotted name.
        extra: such as `plot`.
        key: what needs it, for the error.

    Raises:
        ConfigError: it is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if (error.name or "").partition(".")[0] != package:
            raise
        command = f"python -m pip install 'runner[{extra}]'"
        raise ConfigError(key, f"needs {package}, which is not installed", None, command) from None
