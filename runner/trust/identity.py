"""Whose code a name leads to: a trusted name must not be an alias of something else."""

from __future__ import annotations

import importlib
import sys
from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

from runner.errors import ConfigError
from runner.trust.names import OWN, REFUSED, ask_trust, check_target, is_trusted, trusted

INSIDE = "keras.src."
"""Where Keras really keeps what it shows as `keras.layers` and the like."""

BASES = (
    "constraints.Constraint", "initializers.Initializer", "layers.Layer", "losses.Loss",
    "metrics.Metric", "optimizers.Optimizer", "optimizers.schedules.LearningRateSchedule",
    "regularizers.Regularizer",
)  # fmt: skip
"""What the classes of Keras that need no trust are kinds of."""

FUNCTIONS = ("activations", "layers", "losses", "metrics")
"""Modules of Keras that also have functions which need no trust."""

DEFINED = (type, FunctionType, BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType)
"""What knows the module that defined it; an instance only knows that of its class."""


class UnknownNameError(Exception):
    """A name leads to nothing, or importing what it names raised an error: the `__cause__`.

    It is no error for a person yet: whoever uses the name says what it is for.
    """

    def __init__(self, key: str, name: str) -> None:
        self.key = key
        """Of the config."""
        self.name = name
        super().__init__(f"{key}: {name} cannot be imported")


def check_identity(key: str, name: str) -> None:
    """Refuse a name whose object belongs to somebody who is not trusted, such as `my.np.load`.

    Imports the module that the name is in, after the name itself was found to be allowed. A name
    whose import fails is refused, too: a second attempt may succeed, and nobody would have looked
    at what the name then leads to.

    Args:
        key: of the config, which the message names.
        name: dotted, as the config has it.

    Raises:
        ConfigError: the name, or what it leads to, needs trust that it does not have.
        UnknownNameError: it cannot be imported.
    """
    check_target(key, name)
    if name in trusted():
        return
    try:
        found = locate_object(OWN.get(name, name))
    except Exception as error:  # code that is imported may raise any
        raise UnknownNameError(key, name) from error
    identity = identify(found, name)
    if _needs_no_trust(found) or is_trusted(identity):
        return
    rule = f"is {identity}, which is not trusted"
    raise ConfigError(key, rule, name, ask_trust(name, "it to run here"))


def locate_object(name: str) -> Any:
    """Find the object that a dotted name leads to, importing modules where they are needed.

    It is the object that Hydra finds: an attribute comes before a module of the same name.

    Raises:
        Exception: a part of the name leads to nothing, or a module raised it.
    """
    first, *parts = name.split(".")
    if not all((first, *parts)):
        raise ValueError(f"{name!r} has nothing between two dots")
    found: Any = importlib.import_module(first)
    path = first
    for part in parts:
        path = f"{path}.{part}"
        try:
            found = getattr(found, part)
        except AttributeError:
            if not isinstance(found, ModuleType):
                raise
            found = importlib.import_module(path)
    return found


def identify(found: Any, name: str) -> str:
    """The dotted name by which the object that a name led to was defined.

    An instance has none; it belongs to the module through which the name led to it.
    """
    if isinstance(found, MethodType):
        found = found.__func__
    module = getattr(found, "__module__", None)
    if isinstance(found, DEFINED) and isinstance(module, str):
        return f"{module.replace(INSIDE, 'keras.', 1)}.{found.__qualname__}"
    return f"{_module_on_the_way(name)}.{name.rpartition('.')[2]}"


def _module_on_the_way(name: str) -> str:
    """The last module that a dotted name passes through."""
    first, *parts = name.split(".")
    found: Any = sys.modules[first]
    module = first
    for part in parts:
        found = getattr(found, part)
        if isinstance(found, ModuleType):
            module = found.__name__
    return module


def _needs_no_trust(found: Any) -> bool:
    """Whether an object can compute, and do nothing else to this machine."""
    module, own = getattr(found, "__module__", None), getattr(found, "__qualname__", "")
    if not isinstance(module, str) or own in REFUSED or own.startswith("_"):
        return False
    if isinstance(found, FunctionType) and "." not in own:
        kind = module.removeprefix(INSIDE).partition(".")[0]
        own_function = f"{module}.{own}" in OWN.values()
        return own_function or (module.startswith(INSIDE) and kind in FUNCTIONS)
    keras = sys.modules.get("keras")
    if not isinstance(found, type) or not module.startswith(INSIDE) or keras is None:
        return False
    bases = []
    for name in BASES:
        base: Any = keras
        for part in name.split("."):
            base = getattr(base, part)
        bases.append(base)
    return issubclass(found, tuple(bases))
