"""Modules of the current directory, which Python finds where they are trusted, and only then.

The directory is not put on `sys.path`: a file there that is called as an optional dependency of an
installed package would be imported by that package, and a part of a namespace package there would
come before, or beside, what is installed.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import FrameType, ModuleType

from runner.trust.names import is_trusted, trusted

PLUGINS = "hydra_plugins"
"""A directory of code that Hydra executes when it starts."""

IMPORTING = ("importlib", "_frozen_importlib", "_frozen_importlib_external")
"""Python's own modules that stand between an import and a finder."""


def find_modules_in(directory: str | None) -> None:
    """Let this process import what is trusted from a directory, after all that is installed.

    Args:
        directory: absolute; None: from none.
    """
    sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, _TrustedFinder)]
    if directory is None:
        return
    sys.meta_path.append(_TrustedFinder(directory))
    plugins = os.path.join(directory, PLUGINS)
    if is_trusted(PLUGINS) and os.path.isdir(plugins):
        package = importlib.import_module(PLUGINS)  # has no code of its own
        if not any(Path(each).samefile(plugins) for each in package.__path__):
            package.__path__ = [*package.__path__, plugins]


def place_of_modules() -> str | None:
    """The directory that was given to `find_modules_in`, for processes that this one starts."""
    found = (each.directory for each in sys.meta_path if isinstance(each, _TrustedFinder))
    return next(found, None)


def is_here(package: str) -> bool:
    """Whether the directory has such a package or module, trusted or not; nothing is imported."""
    place = place_of_modules()
    return place is not None and PathFinder.find_spec(package, [place]) is not None


class _TrustedFinder(MetaPathFinder):
    """Finds what is trusted by name, and what code that was found so imports itself."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._found: set[str] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module or package; what is in a package is found by way of its path."""
        if path is not None:
            return None
        by_name = any(name == each.partition(".")[0] for each in trusted())
        if not by_name and _find_importer() not in self._found:
            return None
        spec = PathFinder.find_spec(name, [self.directory])
        if spec is not None:
            self._found.add(name)
        return spec


def _find_importer() -> str:
    """The package, or the module outside of one, whose code is importing."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        if package not in IMPORTING and frame.f_globals is not globals():
            return package
        frame = frame.f_back
    return ""
