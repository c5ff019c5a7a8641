"""Reads the standing of a sweep for the commands of this package."""

from __future__ import annotations

from pathlib import Path

from runner.errors import ConfigError
from runner.plan.manifest import MANIFEST
from runner.plan.sweep_standing import Standing, read_standing


def read_planned(command: str, path: Path) -> Standing:
    """Return how far a sweep is.

    Raises:
        ConfigError: there is no sweep, named as the argument of this command.
    """
    if not path.is_dir():
        raise ConfigError(command, "no such directory", path)
    if not (path / MANIFEST).is_file():
        raise ConfigError(command, "is not a sweep that was planned", path)
    return read_standing(path)
