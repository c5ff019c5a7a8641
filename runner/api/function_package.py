"""Packs a function that a program has at hand, so that other processes can call it."""

from __future__ import annotations

import importlib.util
import inspect
import io
import linecache
import os
import pickle
import sys
from collections.abc import Callable
from types import CodeType, ModuleType
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

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if kind is CodeType:
            self.files.add(obj.co_filename)
            _, parts = self.dispatch_table[CodeType](obj)
            return restore_code, parts
        if _is_generator(kind):
            raise _HoldsGeneratorError(f"{kind.__module__.split('._')[0]}.{kind.__qualname__}")
        return super().reducer_override(obj)


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
    module = _find_own_module(function)
    if module is not None:
        cloudpickle.register_pickle_by_value(module)
    try:
        pickled, files = _pickle((function, arguments))
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
    shown = {each: _name_file(each) for each in files if not os.path.exists(each)}
    sources = {each: text for each in shown if (text := "".join(linecache.getlines(each)))}
    return pickle.dumps(PackedFunction(path, pickled, _takes_seeds(function), shown, sources))


def name_function(function: Callable[..., Any]) -> str:
    """Return a name of a function for people."""
    return str(getattr(function, "__qualname__", type(function).__qualname__))


def _pickle(value: Any) -> tuple[bytes, set[str]]:
    """Return a pickled value, and the names of the files whose code is in it."""
    written = io.BytesIO()
    pickler = _Pickler(written)
    pickler.dump(value)
    return written.getvalue(), pickler.files


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
