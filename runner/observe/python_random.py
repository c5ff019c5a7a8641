"""Watches Python's module `random`."""

from __future__ import annotations

import hashlib
import os
import random
import sys
import time
from types import FrameType
from typing import Any

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

CLOCK_S = 3600
"""A seed this near to the time, in seconds, was taken from the clock."""


def watch(recorder: Recorder, replacements: Replacements) -> None:
    """Record seeds of the global generator, draws from it, and generators made without a seed."""
    for name in DRAWS:
        _watch_draw(recorder, replacements, name)

    def wrap_seed(function: Any) -> Any:
        def watched(a: Any = None, version: int = 2) -> None:
            note_seed(recorder, GENERATOR, "random.seed", a)
            with recorder.quiet():
                function(a, version)

        return watched

    replacements.replace(random, "seed", wrap_seed)
    own = random.Random.seed

    def seed_own(self: random.Random, a: Any = None, version: int = 2) -> None:
        frame = _above_random(caller(1))
        if a is None and type(self) is random.Random and _is_asked(frame):
            recorder.note(frame, EventKind.MADE, "random.Random")
        own(self, a, version)

    replacements.put(random.Random, "seed", seed_own)


def note_seed(recorder: Recorder, generator: str, call: str, value: Any) -> None:
    """Record that a global generator was seeded; None takes the seed away."""
    frame = caller(2)
    before = recorder.seeds.get(generator)
    if recorder.is_quiet:
        return
    shown = "" if value is None else describe_seed(value)
    origin = "none" if value is None else find_origin(value)
    recorder.note(
        frame,
        EventKind.SEED,
        call,
        lambda: {
            "generator": generator,
            "value": shown,
            "origin": origin,
            "seeded": before is not None,
        },
    )
    if value is None:
        recorder.seeds.pop(generator, None)
    else:
        recorder.seeds[generator] = shown


def describe_seed(value: Any) -> str:
    """Return a seed as text; a long one as its digest."""
    text = repr(value)
    return text if len(text) <= 40 else hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def find_origin(value: Any) -> str:
    """Return `clock` or `process` for a seed that is the time or the number of this process."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    now = time.time()
    for scale in (1, 1e3, 1e6, 1e9):
        if abs(value / scale - now) < CLOCK_S:
            return "clock"
    return "process" if value in (os.getpid(), os.getppid()) else ""


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
