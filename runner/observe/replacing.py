"""Replaces functions of libraries by ones that note their calls, now or when they are imported."""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import Any

Wrapper = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Takes a function and returns the one that takes its place."""

MISSING = object()


class Replacements:
    """What was replaced, so that it can be put back."""

    def __init__(self) -> None:
        self._replaced: list[tuple[Any, str, Any]] = []
        self._waiting: dict[str, list[Callable[[ModuleType], None]]] = {}
        self._parts: list[Replacements] = []
        self._last: list[Callable[[], object]] = []
        self._finder: _Finder | None = None

    def replace(self, holder: Any, name: str, wrap: Wrapper) -> None:
        """Replace an attribute of a module or class; one that is not there is passed over."""
        function = getattr(holder, name, None)
        if not callable(function):
            return
        wrapped = wrap(function)
        with suppress(AttributeError, TypeError):  # a signature that cannot be copied
            functools.update_wrapper(wrapped, function)
        if isinstance(holder, ModuleType):
            # It is pickled by where it is found, which in another process is the original.
            wrapped.__module__, wrapped.__qualname__ = holder.__name__, name
        self.put(holder, name, wrapped)

    def put(self, holder: Any, name: str, value: Any) -> None:
        """Put a value in the place of an attribute of a module or class."""
        # An attribute that is inherited, or made when it is asked for, is removed again later.
        self._replaced.append((holder, name, vars(holder).get(name, MISSING)))
        setattr(holder, name, value)

    def when_imported(self, module: str, act: Callable[[ModuleType], None]) -> None:
        """Do something with a module, now if it is imported, or as soon as it is."""
        present = sys.modules.get(module)
        if present is not None and not _is_being_imported(present):
            act(present)
            return
        self._waiting.setdefault(module, []).append(act)
        if self._finder is None:
            self._finder = _Finder(self._waiting)
            sys.meta_path.insert(0, self._finder)

    def take_part(self) -> Replacements:
        """Return replacements of their own, which are put back with these, or lifted alone."""
        self._parts.append(Replacements())
        return self._parts[-1]

    def when_undone(self, act: Callable[[], object]) -> None:
        """Do something when everything is put back."""
        self._last.append(act)

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """While inside, everything is as it was before."""
        ours = [(holder, name, vars(holder).get(name)) for holder, name, _ in self._replaced]
        replaced = list(self._replaced)
        self._put_back()
        try:
            yield
        finally:
            for holder, name, value in ours:
                setattr(holder, name, value)
            self._replaced = replaced

    def undo(self) -> None:
        """Put everything back."""
        for part in self._parts:
            part.undo()
        while self._last:
            self._last.pop()()
        self._put_back()
        if self._finder is not None:
            sys.meta_path.remove(self._finder)
            self._finder = None

    def _put_back(self) -> None:
        for holder, name, before in reversed(self._replaced):
            if before is MISSING:
                with suppress(AttributeError):
                    delattr(holder, name)
            else:
                setattr(holder, name, before)
        self._replaced.clear()


def _is_being_imported(module: ModuleType) -> bool:
    return bool(getattr(module.__spec__, "_initializing", False))


class _Finder(importlib.abc.MetaPathFinder):
    """Lets the other finders find a module, and acts on it once it has been executed."""

    def __init__(self, waiting: dict[str, list[Callable[[ModuleType], None]]]) -> None:
        self._waiting = waiting
        self._looking: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._waiting or fullname in self._looking:
            return None
        self._looking.add(fullname)
        try:
            spec = next(
                filter(
                    None,
                    (
                        finder.find_spec(fullname, path, target)
                        for finder in sys.meta_path
                        if finder is not self and hasattr(finder, "find_spec")
                    ),
                ),
                None,
            )
        finally:
            self._looking.discard(fullname)
        if spec is None or spec.loader is None:
            return spec
        self._act_after(spec.loader, fullname)
        return spec

    def _act_after(self, loader: Any, fullname: str) -> None:
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            for act in self._waiting.pop(fullname, []):
                act(module)

        with suppress(AttributeError):  # a loader of a compiled module has no room for it
            loader.exec_module = exec_module
