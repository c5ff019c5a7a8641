"""Records the seeds that a script gives, and decides which seed is really used."""

from __future__ import annotations

import hashlib
import os
import time
from types import FrameType
from typing import Any

from runner.observe.control import FIXED_SEED, Seeding
from runner.observe.recorder import Recorder
from runner.record.fingerprint import DIGITS
from runner.record.timeline import EventKind

CLOCK_S = 3600
"""A seed this near to the time, in seconds, was taken from the clock."""

MAX_SHOWN = 40
"""Characters of a seed that is shown as it is."""


def settle_global(
    recorder: Recorder, frame: FrameType, generator: str, call: str, value: Any
) -> Any:
    """Record that a global generator is seeded, and return the seed to use.

    Args:
        recorder: takes the event.
        frame: that of the call.
        generator: the generator's name.
        call: the function that was called.
        value: the seed that was given; None takes the seed away.
    """
    if recorder.is_quiet:
        return value
    if recorder.control.seeding is Seeding.ignored and recorder.frames.find(frame)[0] is not None:
        recorder.seeds.pop(generator, None)
        return None
    plain = _plain(value)
    before = recorder.seeds.get(generator)
    recorder.note(
        frame,
        EventKind.SEED,
        call,
        lambda: {
            "generator": generator,
            "value": "" if plain is None else describe_seed(plain),
            "origin": "none" if plain is None else find_origin(recorder, plain),
            "seeded": before is not None,
        },
    )
    used = _choose(recorder, value, fill=False)
    if used is None and recorder.control.seeding is Seeding.fixed:
        used = FIXED_SEED
    if used is None:
        recorder.seeds.pop(generator, None)
    else:
        recorder.seeds[generator] = describe_seed(_plain(used))
    return used


def settle_own(
    recorder: Recorder, frame: FrameType, call: str, value: Any, *, direct: bool = False
) -> Any:
    """Record that a generator of its own is made, and return the seed to use.

    A seed that is no number, such as another generator, is taken as it is.

    Args:
        recorder: takes the event.
        frame: that of the call.
        call: the function that was called.
        value: the seed that was given, or None.
        direct: whether generators that libraries make for themselves are left alone.
    """
    plain = _plain(value)
    if recorder.is_quiet or not (plain is None or isinstance(plain, int | float | str | list)):
        return value

    def describe() -> dict[str, Any]:
        if plain is None:
            return {}
        origin = find_origin(recorder, plain)
        return {"value": describe_seed(plain), "seeded": True, "origin": origin}

    if not recorder.note(frame, EventKind.MADE, call, describe, direct=direct, key=plain is None):
        return value
    return _choose(recorder, value, fill=recorder.control.fill)


def _choose(recorder: Recorder, value: Any, *, fill: bool) -> Any:
    seeding = recorder.control.seeding
    if value is None:
        return recorder.next_seed() if fill else None
    if seeding is Seeding.ignored:
        return None
    return FIXED_SEED if seeding is Seeding.fixed else value


def _plain(value: Any) -> Any:
    """Return a seed as a Python number or a list of them, where it is a number of NumPy's."""
    return value.tolist() if hasattr(value, "tolist") and hasattr(value, "dtype") else value


def describe_seed(value: Any) -> str:
    """Return a seed as text; a long one as its digest."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def find_origin(recorder: Recorder, value: Any) -> str:
    """Return where a seed comes from, as far as that can be told; empty where it cannot.

    `clock` and `process` stand for the time and the number of this process, `written` for a number
    that the user's code or command line has.
    """
    if not isinstance(value, bool) and isinstance(value, int | float):
        now = time.time()
        if any(abs(value / scale - now) < CLOCK_S for scale in (1, 1e3, 1e6, 1e9)):
            return "clock"
        if value in (os.getpid(), os.getppid()):
            return "process"
    return "written" if recorder.frames.mention(str(value)) else ""
