"""Watches orders that nobody set: of sets, of hash values, and of results as they are completed."""

from __future__ import annotations

import concurrent.futures
import datetime
import multiprocessing.pool
import threading
from collections.abc import Iterator
from typing import Any

from runner.observe.entropy import digest_names
from runner.observe.instrumented import WATCHED_CALLS
from runner.observe.recorder import Recorder
from runner.observe.replacing import Replacements
from runner.observe.user_frames import FixedLine, caller
from runner.record.fingerprint import DIGITS, digest
from runner.record.timeline import EventKind

MAX_ELEMENTS = 10_000
"""Elements of a set whose order is looked at."""

SETS = (set, frozenset)
SIMPLE = (str, bytes, int, float, bool, tuple, frozenset, type(None))
"""Types whose elements show themselves the same in every process."""


def make_taker(recorder: Recorder) -> Any:
    """Return a function that passes on what is iterated over, and records the order of a set."""

    def take(value: Any) -> Any:
        if type(value) in SETS and 1 < len(value) <= MAX_ELEMENTS and not recorder.is_quiet:
            shown = [_describe_element(each) for each in value]
            if len(set(shown)) == len(value):
                recorder.note(
                    caller(1),
                    EventKind.SET_ORDER,
                    type(value).__name__,
                    lambda: {"origin": digest_names(sorted(shown))},
                    value=lambda: "\n".join(shown).encode(),
                )
                with recorder.quiet():
                    order = recorder.control.sets
                    return recorder.control.arrange(value, order, _describe_element)
        return value

    return take


def _describe_element(value: Any) -> str:
    """Return a text for an element of a set that is the same in every process, if there is one.

    An object whose hash is its address shows itself by its address; what it holds need not.
    """
    if isinstance(value, tuple | frozenset):
        shown = [_describe_element(each) for each in value]
        return f"({', '.join(shown if isinstance(value, tuple) else sorted(shown))})"
    if isinstance(value, SIMPLE) or not hasattr(value, "__dict__"):
        return repr(value)
    held = {name: each for name, each in vars(value).items() if isinstance(each, SIMPLE)}
    return f"{type(value).__qualname__}{sorted(held.items())}"


def make_caller(recorder: Recorder) -> Any:
    """Return a function that passes on what `hash`, `id` or a clock returned, and records it."""

    def called(value: Any, name: str) -> Any:
        if name in WATCHED_CALLS:
            recorder.note(caller(1), EventKind.HASH, name, value=lambda: str(value).encode())
        elif isinstance(value, int | float | datetime.date):
            recorder.note(caller(1), EventKind.CLOCK, name)
        return value

    return called


def watch_completion(recorder: Recorder, replacements: Replacements) -> None:
    """Record in which order threads and processes gave their results, where that is used."""
    replacements.replace(
        concurrent.futures, "as_completed", lambda function: _wrap_completed(function, recorder)
    )
    replacements.replace(
        multiprocessing.pool.Pool,
        "imap_unordered",
        lambda function: _wrap_unordered(function, recorder),
    )

    def wrap_start(function: Any) -> Any:
        def start(self: threading.Thread) -> None:
            recorder.note(caller(1), EventKind.THREADS, "threading.Thread", direct=True)
            function(self)

        return start

    replacements.replace(threading.Thread, "start", wrap_start)


def _wrap_completed(function: Any, recorder: Recorder) -> Any:
    def as_completed(fs: Any, timeout: Any = None) -> Iterator[Any]:
        futures = list(fs)
        numbers = {id(each): number for number, each in enumerate(futures)}
        frame = caller(1)
        if recorder.control.in_order:
            concurrent.futures.wait(futures, timeout)
            return iter(futures)
        return _note_each(
            function(futures, timeout),
            lambda each: numbers[id(each)],
            recorder,
            frame,
            "concurrent.futures.as_completed",
        )

    return as_completed


def _wrap_unordered(function: Any, recorder: Recorder) -> Any:
    def imap_unordered(self: Any, func: Any, iterable: Any, chunksize: int = 1) -> Iterator[Any]:
        frame = caller(1)
        if recorder.control.in_order:
            ordered: Iterator[Any] = self.imap(func, iterable, chunksize)
            return ordered
        return _note_each(
            function(self, func, iterable, chunksize),
            _describe_result,
            recorder,
            frame,
            "multiprocessing.Pool.imap_unordered",
        )

    return imap_unordered


def _note_each(
    results: Any, describe: Any, recorder: Recorder, frame: Any, call: str
) -> Iterator[Any]:
    held = FixedLine(frame)
    for each in results:
        shown = str(describe(each))
        recorder.note(held, EventKind.COMPLETION, call, value=shown.encode)
        yield each


def _describe_result(value: Any) -> str:
    try:
        return digest(value)[:DIGITS]
    except (TypeError, ValueError):
        return repr(value)
