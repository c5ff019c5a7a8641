"""Checks that the private names of libraries which the code uses still exist.

For each library one module uses its private names; docs/libraries.md lists them all.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runner.errors import RunnerError


@dataclass(frozen=True)
class PrivateName:
    """A private name of a library, and the parameters with which the code calls or overrides it."""

    module: str
    """Dotted name of the module, as it is imported."""
    name: str
    """Dotted name inside the module; a method's name begins with its class."""
    parameters: tuple[str, ...] = ()
    """First parameters of the callable, in order, without `self`; empty if they do not matter."""

    def find_fault(self) -> str | None:
        """Return in a few words what is missing or has changed; None if nothing has."""
        try:
            target: Any = importlib.import_module(self.module)
        except ImportError:
            return f"{self.module} is gone"
        for part in self.name.split("."):
            try:
                target = getattr(target, part)
            except AttributeError:
                return f"{self.module} has no {self.name}"
        if not self.parameters:
            return None
        parameters = inspect.signature(target).parameters
        names = tuple(name for name in parameters if name != "self")[: len(self.parameters)]
        if names == self.parameters:
            return None
        received = ", ".join(parameters) or "none"
        return f"{self.name} of {self.module} takes other parameters: {received}"


def check_names(library: str, names: Sequence[PrivateName], consequence: str) -> None:
    """Check that a library has the private names that the code uses.

    Args:
        library: name of the library in the message, such as `Hydra`.
        names: all private names of it that the code uses.
        consequence: what cannot be done without them, as a clause for the message.

    Raises:
        RunnerError: a name is missing or takes other parameters; the message says which.
    """
    faults = [fault for name in names if (fault := name.find_fault()) is not None]
    if faults:
        raise unknown_version(library, consequence, "; ".join(faults))


def unknown_version(library: str, consequence: str, fault: str) -> RunnerError:
    """Return the error for a version of a library whose private names differ."""
    return RunnerError(f"this version of {library} is not known: {consequence} ({fault})")
