"""Packs a function that a program has at hand, so that other processes can call it."""

from __future__ import annotations

import dis
import functools
import importlib.util
import inspect
import io
import linecache
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import CodeType, FunctionType, ModuleType
from typing import Any

import cloudpickle

from runner.errors import ConfigError
from runner.tasks.audited_function import KEY, PackedFunction
from runner.tasks.function_code import restore_code
from runner.text import format_error

GENERATORS = {
    ("random", "Random"),
    ("numpy.random._generator", "Generator"),
    ("numpy.random.mtrand", "RandomState"),
    ("numpy.random.bit_generator", "BitGenerator"),
    ("numpy.random.bit_generator", "SeedSequence"),
    ("torch._C", "Generator"),
    ("tensorflow.python.ops.stateful_random_ops", "Generator"),
}
"""Module and name of the classes whose objects hold the state, or the entropy, of a generator."""

CACHED = type(functools.cache(int))
"""The type of functions that `functools.cache` and `functools.lru_cache` return."""


class _HoldsGeneratorError(Exception):
    """The function holds a random generator; the text is its class."""


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickles by value what other processes cannot import, and refuses random generators.

    A generator would be copied with its state: all runs would draw the same from it, and would
    seem to repeat.
    """

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.files: set[str] = set()
        """Names of the files whose code is pickled by value."""
        self.held: dict[str, None] = {}
        """Names of the values that the code refers to and that are no code themselves."""

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if kind is CodeType:
            self.files.add(obj.co_filename)
            _, parts = self.dispatch_table[CodeType](obj)
            return restore_code, parts
        if kind is CACHED and _is_by_value(obj):
            return _cache_again, (obj.__wrapped__, obj.cache_parameters())
        reduced = super().reducer_override(obj)
        if kind is FunctionType and reduced is not NotImplemented:
            self.held |= dict.fromkeys(_find_held(obj))
        if _is_generator(kind):
            raise _HoldsGeneratorError(f"{kind.__module__.split('._')[0]}.{kind.__qualname__}")
        return reduced


def _is_by_value(function: Any) -> bool:
    """Return whether other processes could not import a function by its name."""
    by_value = {"__main__", *cloudpickle.list_registry_pickle_by_value()}
    return function.__module__ in by_value or "<locals>" in function.__qualname__


def _cache_again(function: Callable[..., Any], parameters: dict[str, Any]) -> Callable[..., Any]:
    """Return a function with an empty cache, as a fresh process begins with."""
    cached: Callable[..., Any] = functools.lru_cache(**parameters)(function)
    return cached


def _find_held(function: FunctionType) -> Iterator[str]:
    """Yield the names of the values that a function refers to, without modules and code."""
    names = dict.fromkeys(_list_globals(function.__code__))
    values = {name: function.__globals__[name] for name in names if name in function.__globals__}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # a cell that is still empty
            values[name] = cell.cell_contents
    for name, value in values.items():
        if not isinstance(value, ModuleType) and not _is_code(value):
            yield name


def _list_globals(code: CodeType) -> Iterator[str]:
    """Yield the global names that code and the functions in it use."""
    for each in dis.get_instructions(code):
        if each.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield str(each.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _list_globals(constant)


def _is_code(value: Any) -> bool:
    return isinstance(value, type) or inspect.isroutine(value)


def _is_generator(kind: type) -> bool:
    keras = sys.modules.get("keras")
    if keras is not None and issubclass(kind, keras.random.SeedGenerator):
        return True
    return any((each.__module__, each.__qualname__) in GENERATORS for each in inspect.getmro(kind))


def pack_function(function: Callable[..., Any], inputs: Any) -> bytes:
    """Return a function and its argument in a form in which other processes can call it.

    Args:
        function: from anywhere, also from a cell of a notebook, with all that it refers to.
        inputs: its argument; None: it is called without one.

    Raises:
        ConfigError: it is no function, cannot be pickled, or holds a random generator.
    """
    if not callable(function):
        raise ConfigError(KEY, "must be something that can be called", repr(function))
    name = name_function(function)
    arguments = () if inputs is None else (inputs,)
    _check_signature(function, arguments)
    module = _find_own_module(function)
    if module is not None:
        cloudpickle.register_pickle_by_value(module)
    try:
        pickled, pickler = _pickle((function, arguments))
    except _HoldsGeneratorError as error:
        rule = f"holds a {error}, whose state would be the same in every run"
        hint = "Make the generator inside of the function"
        raise ConfigError(KEY, rule, name, hint) from None
    except Exception as error:
        rule = "cannot be copied to another process"
        raise ConfigError(KEY, rule, name, format_error(error)) from error
    finally:
        if module is not None:
            cloudpickle.unregister_pickle_by_value(module)
    path = tuple(os.path.abspath(each) for each in sys.path)
    shown = {each: _name_file(each) for each in pickler.files if not os.path.exists(each)}
    sources = {each: text for each in shown if (text := "".join(linecache.getlines(each)))}
    held = tuple(_list_owners(function)) + tuple(pickler.held)
    return pickle.dumps(PackedFunction(path, pickled, _takes_seeds(function), held, shown, sources))


def _check_signature(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Refuse a function that cannot be called with what it is to be given."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # some built-in functions tell nothing
    try:
        signature.bind(*arguments, **({"seeds": {}} if _takes_seeds(function) else {}))
    except TypeError:
        called = "(inputs)" if arguments else "()"
        rule = f"must be a function that can be called as f{called}, or with a parameter seeds too"
        raise ConfigError(KEY, rule, f"{name_function(function)}{signature}") from None


def name_function(function: Callable[..., Any]) -> str:
    """Return a name of a function for people."""
    return str(getattr(function, "__qualname__", type(function).__qualname__))


def _list_owners(function: Any) -> Iterator[str]:
    """Yield what an object is called whose method or call is the function."""
    owner = function if not inspect.isroutine(function) else getattr(function, "__self__", None)
    if isinstance(owner, functools.partial):
        if owner.args or owner.keywords:
            yield "what functools.partial was given"
    elif owner is not None and not isinstance(owner, type | ModuleType):
        yield f"an object of {type(owner).__qualname__}"


def _pickle(value: Any) -> tuple[bytes, _Pickler]:
    """Return a pickled value, and what pickled it."""
    written = io.BytesIO()
    pickler = _Pickler(written)
    pickler.dump(value)
    return written.getvalue(), pickler


def _name_file(name: str) -> str:
    """Return what people call code that is in no file, such as In[3] for a cell of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    find = getattr(getattr(shell, "compile", None), "format_code_name", None)
    found = find(name) if find is not None else None
    return str(found[1]) if found else name


def _find_own_module(function: Callable[..., Any]) -> ModuleType | None:
    """Return the module of a function if other processes could not import it by its name.

    A test runner, for example, may execute a file under a name that Python does not find. None:
    the module can be imported, or the function is pickled by value anyway.
    """
    name = getattr(function, "__module__", None)
    module = sys.modules.get(name or "")
    if module is None or name == "__main__":
        return None
    try:
        spec = importlib.util.find_spec(str(name))
    except (ImportError, ValueError):
        spec = None
    found = spec is not None and spec.origin == getattr(module, "__file__", spec.origin)
    # A module in sys.modules is found by its own name, wherever it came from.
    package, _, _ = str(name).partition(".")
    outside = importlib.machinery.PathFinder.find_spec(package, sys.path) if found else None
    importable = outside is not None or package in sys.builtin_module_names
    return None if importable else module


def _takes_seeds(function: Callable[..., Any]) -> bool:
    try:
        return "seeds" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False  # some built-in functions tell nothing
