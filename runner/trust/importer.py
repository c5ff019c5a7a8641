"""Lets Python import modules of the current directory if, and only if, they are trusted.

The directory is not put on `sys.path`. An installed package would otherwise import a file there
that has the name of one of its optional dependencies, and a part of a namespace package there
would hide or extend the installed one.
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
"""Name of the package whose modules Hydra imports when it starts."""

IMPORTING = ("importlib", "_frozen_importlib", "_frozen_importlib_external")
"""Modules of Python whose frames lie between an import statement and a finder."""


def find_modules_in(directory: str | None) -> None:
    """Let this process import trusted modules from a directory, after installed ones.

    Any directory given before is forgotten. Hydra's plugins there are included if they are trusted.

    Args:
        directory: absolute path; None for no directory.
    """
    sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, _TrustedFinder)]
    if directory is None:
        return
    sys.meta_path.append(_TrustedFinder(directory))
    plugins = os.path.join(directory, PLUGINS)
    if is_trusted(PLUGINS) and os.path.isdir(plugins):
        package = importlib.import_module(PLUGINS)  # a namespace package, without code of its own
        if not any(Path(each).samefile(plugins) for each in package.__path__):
            package.__path__ = [*package.__path__, plugins]


def modules_directory() -> str | None:
    """Return the directory given to `find_modules_in`, to be passed on to child processes."""
    directories = (
        finder.directory for finder in sys.meta_path if isinstance(finder, _TrustedFinder)
    )
    return next(directories, None)


def is_in_directory(package: str) -> bool:
    """Return whether the directory holds a package or module, trusted or not; import nothing."""
    directory = modules_directory()
    return directory is not None and PathFinder.find_spec(package, [directory]) is not None


class _TrustedFinder(MetaPathFinder):
    """Finds modules whose names are trusted, and modules that are imported by these."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._found: set[str] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a top-level module or package; Python finds submodules through their package."""
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
    """Return the top-level package or module whose code is importing; empty if there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        if package not in IMPORTING and frame.f_globals is not globals():
            return package
        frame = frame.f_back
    return ""
