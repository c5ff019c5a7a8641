"""Names that the code uses though their library does not promise them, and whether they are there.

Each library has one module that takes its private names; docs/libraries.md lists them all.
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
    """A name inside a library, and the parameters that calls of it or overrides rely on."""

    module: str
    """Dotted, as it is imported."""
    name: str
    """Dotted from there on: of a method, its class comes first."""
    parameters: tuple[str, ...] = ()
    """Of what the name leads to, in their order, after `self`; what else it takes is optional."""

    def find_fault(self) -> str | None:
        """Return what is not as the code expects it, in a few words; None where all is."""
        try:
            found: Any = importlib.import_module(self.module)
        except ImportError:
            return f"{self.module} is gone"
        for part in self.name.split("."):
            try:
                found = getattr(found, part)
            except AttributeError:
                return f"{self.module} has no {self.name}"
        if not self.parameters:
            return None
        taken = inspect.signature(found).parameters
        names = tuple(name for name in taken if name != "self")[: len(self.parameters)]
        if names == self.parameters:
            return None
        return f"{self.name} of {self.module} takes other parameters: {', '.join(taken) or 'none'}"


def check_names(library: str, names: Sequence[PrivateName], consequence: str) -> None:
    """Check that a library has what the code takes from inside of it.

    Args:
        library: as the message calls it, such as `Hydra`.
        names: all of them.
        consequence: what cannot be done without them.

    Raises:
        RunnerError: a name is missing, or takes other parameters; the message says which.
    """
    faults = [fault for each in names if (fault := each.find_fault()) is not None]
    if faults:
        raise unknown_version(library, consequence, "; ".join(faults))


def unknown_version(library: str, consequence: str, fault: str) -> RunnerError:
    """Return the error for a library whose inside is not as the code expects it."""
    return RunnerError(f"this version of {library} is not known: {consequence} ({fault})")
