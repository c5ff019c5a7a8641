"""The errors that a person can mend; each is one clear line, never a traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RunnerError(Exception):
    """Anything that the person running the program can mend."""


class ConfigError(RunnerError):
    """A config says something impossible. Exit status 2, nothing written.

    The message reads "key: rule. Received: value. nearest", for example
    "replicates: must be at least 1. Received: -2".
    """

    def __init__(
        self, key: str, rule: str, received: object = None, nearest: str | None = None
    ) -> None:
        self.key = key
        text = f"{key}: {rule}"
        if received is not None:
            text += f". Received: {received if str(received) else repr('')}"
        if nearest:
            text += f". {nearest}"
        super().__init__(text)


class PastHydra(BaseException):
    """Carries an error, its `__cause__`, out of a callback.

    Hydra makes a warning of any Exception that a callback raises, and goes on.
    """


class RecordError(RunnerError):
    """A record is missing, truncated or altered."""


class RunFailed(RunnerError):
    """A run did not succeed; the message says why in one line."""


class SweepFailed(RunnerError):
    """All is saved, and some runs failed or claims were refuted. Exit status 1."""


class WorkerError(RunnerError):
    """A warm parent could not start, for example because a module does not import."""


def restore_error(name: str, message: str, key: str | None = None) -> RunnerError:
    """Return an error of this module as it was in another process.

    Args:
        name: of its class; an unknown one becomes a RunnerError.
        message: its one line.
        key: the config key of a ConfigError.
    """
    if name == ConfigError.__name__:
        error = ConfigError.__new__(ConfigError, message)  # __init__ takes the line in its parts
        error.key = key or ""
        return error
    kinds = {kind.__name__: kind for kind in RunnerError.__subclasses__()}
    return kinds.get(name, RunnerError)(message)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """'Did you mean x?' for the closest of `known`, or None when nothing is close."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"Did you mean '{found[0]}'?" if found else None
