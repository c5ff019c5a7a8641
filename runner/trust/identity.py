"""Checks which object a trusted name refers to, as it may be an alias of untrusted code."""

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
from runner.trust.callback_table import is_free_callback
from runner.trust.names import (
    APPLICATIONS,
    CONFIG_FUNCTIONS,
    REFUSED,
    ask_trust,
    check_target,
    is_application,
    is_trusted,
    trusted,
)

KERAS_SOURCE = "keras.src."
"""Prefix of the modules in which Keras defines the objects that `keras.layers` etc. export."""

KERAS_BASES = (
    "constraints.Constraint", "initializers.Initializer", "layers.Layer", "losses.Loss",
    "metrics.Metric", "optimizers.Optimizer", "optimizers.schedules.LearningRateSchedule",
    "regularizers.Regularizer",
)  # fmt: skip
"""Base classes, in `keras`, of the Keras classes that need no trust."""

KERAS_FUNCTION_MODULES = ("activations", "layers", "losses", "metrics")
"""Modules of Keras whose functions need no trust."""

DEFINITION_TYPES = (
    type,
    FunctionType,
    BuiltinFunctionType,
    MethodDescriptorType,
    WrapperDescriptorType,
)
"""Types whose objects know the module that defined them; an instance only knows its class."""


class UnknownNameError(Exception):
    """A name cannot be imported; the exception that importing it raised is the `__cause__`.

    The error is not meant for users: the code that uses the name turns it into a message.
    """

    def __init__(self, key: str, name: str) -> None:
        self.key = key
        """Key of the config that holds the name."""
        self.name = name
        super().__init__(f"{key}: {name} cannot be imported")


def check_identity(key: str, name: str) -> None:
    """Refuse a name that refers to an object of untrusted code, such as `my.np.load`.

    The name itself is checked first; only if it is allowed is its module imported. A name whose
    import fails is refused too: a second attempt may succeed, and would find an unchecked object.

    Args:
        key: key of the config, for the message.
        name: dotted name, as written in the config.

    Raises:
        ConfigError: the name, or the object that it refers to, needs trust that it lacks.
        UnknownNameError: the name cannot be imported.
    """
    check_target(key, name)
    if name in trusted():
        return
    try:
        target = locate_object(CONFIG_FUNCTIONS.get(name, name))
    except Exception as error:  # imported code may raise any exception
        raise UnknownNameError(key, name) from error
    identity = identify(target, name)
    free = _needs_no_trust(target) or (is_free_callback(key, name) and _is_callback(target))
    if free or is_trusted(identity):
        return
    if is_application(name) and identity.startswith(APPLICATIONS):
        return
    rule = f"is {identity}, which is not trusted"
    raise ConfigError(key, rule, name, ask_trust(name, "it to run here"))


def locate_object(name: str) -> Any:
    """Find the object that a dotted name refers to, importing modules as needed.

    The result is the object that Hydra finds: an attribute comes before a module of the same name.

    Raises:
        Exception: a part of the name does not exist, or an imported module raised an exception of
            any type.
    """
    first, *parts = name.split(".")
    if not all((first, *parts)):
        raise ValueError(
            f"{name!r} has an empty part: it begins or ends with a dot, or has two in a row"
        )
    target: Any = importlib.import_module(first)
    path = first
    for part in parts:
        path = f"{path}.{part}"
        try:
            target = getattr(target, part)
        except AttributeError:
            if not isinstance(target, ModuleType):
                raise
            target = importlib.import_module(path)
    return target


def identify(target: Any, name: str) -> str:
    """Return the dotted name under which an object was defined.

    An instance has no such name; it is named in the last module that `name` passes through.

    Args:
        target: the object.
        name: dotted name that refers to it.
    """
    if isinstance(target, MethodType):
        target = target.__func__
    module = getattr(target, "__module__", None)
    if isinstance(target, DEFINITION_TYPES) and isinstance(module, str):
        return f"{module.replace(KERAS_SOURCE, 'keras.', 1)}.{target.__qualname__}"
    return f"{_find_last_module(name)}.{name.rpartition('.')[2]}"


def _find_last_module(name: str) -> str:
    """Return the name of the last module that a dotted name passes through."""
    first, *parts = name.split(".")
    target: Any = sys.modules[first]
    module = first
    for part in parts:
        target = getattr(target, part)
        if isinstance(target, ModuleType):
            module = target.__name__
    return module


def _needs_no_trust(target: Any) -> bool:
    """Return whether an object needs no trust, as it can only compute or read data."""
    module, own = getattr(target, "__module__", None), getattr(target, "__qualname__", "")
    if not isinstance(module, str) or own in REFUSED or own.startswith("_"):
        return False
    if isinstance(target, FunctionType) and "." not in own:
        kind = module.removeprefix(KERAS_SOURCE).partition(".")[0]
        own_function = f"{module}.{own}" in CONFIG_FUNCTIONS.values()
        return own_function or (module.startswith(KERAS_SOURCE) and kind in KERAS_FUNCTION_MODULES)
    keras = sys.modules.get("keras")
    if not isinstance(target, type) or not module.startswith(KERAS_SOURCE) or keras is None:
        return False
    bases = []
    for name in KERAS_BASES:
        base: Any = keras
        for part in name.split("."):
            base = getattr(base, part)
        bases.append(base)
    return issubclass(target, tuple(bases))


def _is_callback(target: Any) -> bool:
    """Return whether an object is a class of callbacks that Keras defines."""
    module = str(getattr(target, "__module__", ""))
    return isinstance(target, type) and module.startswith(f"{KERAS_SOURCE}callbacks.")
