"""Watches what the operating system is asked for: random bytes, and the names in directories."""

from __future__ import annotations

import glob
import hashlib
import os
import pathlib
import random
import secrets
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from runner.observe.recorder import Recorder
from runner.observe.replacing import Replacements, Wrapper
from runner.observe.user_frames import caller
from runner.record.fingerprint import DIGITS
from runner.record.timeline import EventKind

SECRETS = ("choice", "randbelow", "randbits", "token_bytes", "token_hex", "token_urlsafe")


def watch_entropy(recorder: Recorder, replacements: Replacements) -> None:
    """Record random bytes, which no seed makes repeat."""
    for module, shown, names in (
        (os, "os", ("urandom", "getrandom")),
        (uuid, "uuid", ("uuid1", "uuid4")),
        (secrets, "secrets", SECRETS),
    ):
        for name in names:
            replacements.replace(module, name, _make_wrapper(recorder, f"{shown}.{name}"))


def _make_wrapper(recorder: Recorder, call: str) -> Wrapper:
    def wrap(function: Any) -> Any:
        def watched(*args: Any, **kwargs: Any) -> Any:
            seen = recorder.note(caller(1), EventKind.ENTROPY, call, direct=True)
            with recorder.quiet():
                if seen and recorder.control.fill:
                    return _imitate(call, random.Random(recorder.next_seed()), args)
                return function(*args, **kwargs)

        return watched

    return wrap


def _imitate(call: str, generator: random.Random, args: tuple[Any, ...]) -> Any:
    """Return what a function that asks the system would, from a generator with a fixed seed."""
    match call.partition(".")[2]:
        case "urandom" | "getrandom" | "token_bytes":
            return generator.randbytes(args[0] if args and args[0] else 32)
        case "uuid1" | "uuid4":
            return uuid.UUID(int=generator.getrandbits(128), version=4)
        case "token_hex" | "token_urlsafe":
            return generator.randbytes(args[0] if args and args[0] else 32).hex()
        case "choice":
            return generator.choice(args[0])
        case "randbelow":
            return generator.randrange(args[0])
    return generator.getrandbits(args[0])


def watch_listings(recorder: Recorder, replacements: Replacements) -> None:
    """Record in which order names in directories were given, and change it where that is asked."""
    for holder, shown, names in (
        (os, "os", ("listdir", "scandir")),
        (glob, "glob", ("glob", "iglob")),
        (pathlib.Path, "pathlib.Path", ("iterdir", "glob", "rglob")),
    ):
        for name in names:
            _watch_listing(recorder, replacements, holder, name, f"{shown}.{name}")


def _watch_listing(
    recorder: Recorder,
    replacements: Replacements,
    holder: Any,
    name: str,
    call: str,
) -> None:
    lazy = name != "listdir" and call != "glob.glob"

    def wrap(function: Any) -> Any:
        def watched(*args: Any, **kwargs: Any) -> Any:
            frame = caller(1)
            direct = recorder.frames.is_user(frame.f_code)
            if recorder.is_quiet or not direct:
                return function(*args, **kwargs)
            with recorder.quiet():
                names = list(function(*args, **kwargs))
                names = recorder.control.arrange(names, recorder.control.listings)
            if len(names) > 1:
                shown = _describe(names)
                recorder.note(
                    frame,
                    EventKind.LISTING,
                    call,
                    lambda: {"origin": digest_names(sorted(shown))},
                    value=lambda: "\n".join(shown).encode(),
                )
            if name == "scandir":
                return _Entries(names)
            return iter(names) if lazy else names

        return watched

    replacements.replace(holder, name, wrap)


class _Entries:
    """The entries of a directory, as `os.scandir` gives them."""

    def __init__(self, entries: Iterable[Any]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._entries)

    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End, as the iterator of `os.scandir` does."""
        self._entries = iter(())


def digest_names(names: list[str]) -> str:
    """Return a digest of names, by which two sets of them are told apart."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:DIGITS]


def _describe(names: list[Any]) -> list[str]:
    # The directory of a run has another path than that of the next run; the last part is the same.
    shown = [getattr(each, "name", None) or os.path.basename(os.fspath(each)) for each in names]
    return [each if isinstance(each, str) else repr(each) for each in shown]
