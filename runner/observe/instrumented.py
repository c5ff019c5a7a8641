"""Compiles the user's code so that it tells when a set's order, hash() or id() matters.

Only what Python offers no other way to see is marked: what a loop, or a function that takes
elements in order, is given; and calls of `hash` and `id`. Lines, names and values stay as they are.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from types import CodeType, ModuleType
from typing import Any

from runner.observe.user_frames import is_library

TAKE, CALLED = "__taken_in_order__", "__called__"
"""Names under which the marks call back, in the builtins of the process."""

ORDERED = {
    *("enumerate", "filter", "iter", "list", "map", "next", "reversed", "tuple", "zip"),
    *("array", "asarray", "Series", "DataFrame", "fromkeys", "join", "extend", "deque"),
}
"""Functions and methods that take the elements of an argument in its own order."""

WATCHED_CALLS = ("hash", "id")

CLOCKS = {
    *("time", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns"),
    *("now", "utcnow", "today", "getpid"),
}
"""Functions and methods that give the time, or the number of the process."""


UNORDERED = {"all", "any", "frozenset", "len", "max", "min", "set", "sorted"}
"""Functions that give the same whatever the order of what they are given."""


class _Marker(ast.NodeTransformer):
    """Puts calls around what is iterated over, and around `hash` and `id`."""

    def __init__(self) -> None:
        self._passed_over: set[ast.AST] = set()
        """Comprehensions whose order reaches nobody."""

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.iter = _wrap(TAKE, node.iter)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        if not node.is_async and node not in self._passed_over:
            node.iter = _wrap(TAKE, node.iter)
        return node

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        self._passed_over.update(node.generators)
        self.generic_visit(node)
        return node

    def _pass_over(self, arguments: Sequence[ast.expr]) -> None:
        for each in arguments:
            if isinstance(each, ast.GeneratorExp | ast.ListComp):
                self._passed_over.update(each.generators)

    def visit_Starred(self, node: ast.Starred) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load):
            node.value = _wrap(TAKE, node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = _name_of(node.func)
        if isinstance(node.func, ast.Name) and name in UNORDERED:
            self._pass_over(node.args)
        self.generic_visit(node)
        if name in ORDERED:
            node.args = [
                each
                if isinstance(each, ast.Starred | ast.Constant | ast.Lambda)
                else _wrap(TAKE, each)
                for each in node.args
            ]
        if isinstance(node.func, ast.Name) and name in WATCHED_CALLS and len(node.args) == 1:
            return _wrap(CALLED, node, ast.Constant(name))
        if name in CLOCKS:
            return _wrap(CALLED, node, ast.Constant(ast.unparse(node.func)))
        return node


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _wrap(name: str, value: ast.expr, *further: ast.expr) -> ast.Call:
    """Return a call of a mark, at the place of the value that it is given."""
    made = ast.Call(ast.Name(name, ast.Load()), [value, *further], [])
    ast.copy_location(made, value)
    ast.copy_location(made.func, value)
    for each in further:
        ast.copy_location(each, value)
    return made


def compile_marked(source: str | bytes, filename: str) -> CodeType:
    """Compile code with its marks.

    Raises:
        SyntaxError: it is no Python.
    """
    tree = ast.parse(source, filename)
    return compile(_Marker().visit(tree), filename, "exec", dont_inherit=True)


class UserModules(importlib.abc.MetaPathFinder):
    """Compiles modules in the user's directories with marks when they are imported."""

    def __init__(self, directories: Iterable[str]) -> None:
        self._directories = [os.path.realpath(each) for each in directories]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a module of the user's; others are left to the finders that come next."""
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None or type(spec.loader) is not _Plain:
            return None
        origin = os.path.realpath(spec.origin)
        if not any(origin.startswith(each + os.sep) for each in self._directories):
            return None
        if is_library(origin):
            return None
        spec.loader = _MarkedLoader(fullname, spec.origin)
        return spec


_Plain = importlib.machinery.SourceFileLoader


class _MarkedLoader(_Plain):
    """Loads a module from its source, past the cache of compiled modules."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return compile_marked(self.get_data(path), path)


def install(
    directories: Iterable[str], take: Callable[[Any], Any], called: Callable[[Any, str], Any]
) -> Callable[[], None]:
    """Let marks call back, and modules in some directories be compiled with marks.

    Args:
        directories: of the user's modules.
        take: is given what is iterated over, and returns it.
        called: is given what `hash` or `id` returned, and the function's name; returns the former.

    Returns:
        A function that takes everything back.
    """
    import builtins

    setattr(builtins, TAKE, take)
    setattr(builtins, CALLED, called)
    finder = UserModules(directories)
    sys.meta_path.insert(0, finder)

    def undo() -> None:
        sys.meta_path.remove(finder)
        delattr(builtins, TAKE)
        delattr(builtins, CALLED)

    return undo
