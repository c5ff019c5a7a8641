"""What a sweep tells the program that started it, over a real pipe."""

from __future__ import annotations

import os

import pytest

from runner.errors import ConfigError, RunFailed, RunnerError, WorkerError, restore_error
from runner.report.live import events
from runner.report.live.events import (
    ENDED,
    REFUSED,
    VARIABLE,
    Event,
    ToldProgress,
    has_listener,
    read_event,
    take_listener,
    tell,
)


@pytest.fixture
def pipe(monkeypatch):
    """The reading end of a pipe whose other end is that of the listener."""
    monkeypatch.setattr(events, "_listener", None)
    reading, writing = os.pipe()
    monkeypatch.setenv(VARIABLE, str(writing))
    with os.fdopen(reading) as stream:
        take_listener()
        yield stream
        events._listener.close()


def test_no_other_process_gets_the_listener(pipe):
    assert has_listener()
    assert VARIABLE not in os.environ
    assert not os.get_inheritable(events._listener.fileno())


def test_events_arrive_as_they_were(pipe):
    with ToldProgress(3) as progress:
        progress.advance("seed=fixed", None, 1.5)
        progress.retry("a\nb", "ValueError: é\udcff\n  at x")
    told = [read_event(pipe.readline()) for _ in range(3)]
    assert told[0] == Event("started", total=3)
    assert told[1] == Event(ENDED, label="seed=fixed", wall_s=1.5)
    assert told[2].text == "ValueError: é\udcff\n  at x"


def test_nobody_listens_without_the_variable(monkeypatch):
    monkeypatch.setattr(events, "_listener", None)
    monkeypatch.delenv(VARIABLE, raising=False)
    take_listener()
    assert not has_listener()
    tell(Event(REFUSED, text="nobody hears"))


ERRORS = [ConfigError("seed", "must be 1", 2), WorkerError("w"), RunFailed("r"), RunnerError("x")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_in_another_process(error):
    again = restore_error(type(error).__name__, str(error), getattr(error, "key", None))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert getattr(again, "key", None) == getattr(error, "key", None)


def test_an_unknown_error_is_one_of_ours():
    again = restore_error("Strange", "text")
    assert type(again) is RunnerError
    assert str(again) == "text"
