"""Watches Python's module `random`."""

from __future__ import annotations

import hashlib
import random
import sys
from types import FrameType
from typing import Any

from runner.observe.generators.given_seeds import settle_global, settle_own
from runner.observe.recorder import Recorder
from runner.observe.replacing import Replacements
from runner.observe.user_frames import caller
from runner.record.fingerprint import DIGITS
from runner.record.timeline import EventKind

GENERATOR = "python"

DRAWS = (
    "betavariate", "binomialvariate", "choice", "choices", "expovariate", "gammavariate", "gauss",
    "getrandbits", "lognormvariate", "normalvariate", "paretovariate", "randbytes", "randint",
    "random", "randrange", "sample", "shuffle", "triangular", "uniform", "vonmisesvariate",
    "weibullvariate",
)  # fmt: skip
"""Functions of the module that draw from its global generator."""

STANDARD = frozenset(sys.stdlib_module_names)
"""Python's own modules. What they draw for themselves, for the name of a temporary file for
example, belongs to no line of the user's."""


def watch(recorder: Recorder, replacements: Replacements) -> None:
    """Record seeds of the global generator, draws from it, and generators made without a seed."""
    for name in DRAWS:
        _watch_draw(recorder, replacements, name)

    def wrap_seed(function: Any) -> Any:
        def watched(a: Any = None, version: int = 2) -> None:
            used = settle_global(recorder, caller(1), GENERATOR, "random.seed", a)
            with recorder.quiet():
                function(used, version)

        return watched

    replacements.replace(random, "seed", wrap_seed)
    own = random.Random.seed

    def seed_own(self: random.Random, a: Any = None, version: int = 2) -> None:
        frame = _above_random(caller(1))
        if type(self) is random.Random and _is_asked(frame):
            a = settle_own(recorder, frame, "random.Random", a, direct=True)
        own(self, a, version)

    replacements.put(random.Random, "seed", seed_own)


def _watch_draw(recorder: Recorder, replacements: Replacements, name: str) -> None:
    call = f"random.{name}"

    def describe() -> dict[str, Any]:
        state = hashlib.sha256(repr(random.getstate()).encode()).hexdigest()[:DIGITS]
        return {
            "generator": GENERATOR,
            "value": state,
            "seeded": GENERATOR in recorder.seeds,
        }

    def wrap(function: Any) -> Any:
        def watched(*args: Any, **kwargs: Any) -> Any:
            frame = caller(1)
            if not recorder.is_quiet and _is_asked(frame):
                recorder.note(frame, EventKind.DRAW, call, describe)
            return function(*args, **kwargs)

        return watched

    replacements.replace(random, name, wrap)


def _is_asked(frame: FrameType) -> bool:
    """Return whether a draw is of interest: not one that a module of Python's makes for itself."""
    name = str(frame.f_globals.get("__name__") or "")
    return name == "__main__" or name.partition(".")[0] not in STANDARD


def _above_random(frame: FrameType) -> FrameType:
    """Return the first frame that does not belong to the module `random` itself."""
    while frame.f_globals.get("__name__") == "random" and frame.f_back is not None:
        frame = frame.f_back
    return frame
