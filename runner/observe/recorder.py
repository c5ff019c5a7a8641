"""Records what happens while a script runs: its events and stages, in order."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from runner.observe.control import FIXED_SEED, Control, Seeding
from runner.observe.user_frames import FixedLine, UserFrames
from runner.record.fingerprint import DIGITS
from runner.record.timeline import Event, EventKind, Place, Timeline

MAX_EVENTS = 2_000
"""Events that are kept; a script that has more has told enough by then."""

MAX_VALUES = 1_000
"""Times that what a line was given is digested; a longer loop has shown its order by then."""


@dataclass
class _Noted:
    """An event that can still happen again."""

    code: Any
    """The code of the direct caller, held so that no other code can have its id."""
    place: Place
    through: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    times: int = 1
    after: int = 0
    given: Any = None
    """The digest of what the line was given, as it is being made; None: nothing is digested."""

    def repeat(self, value: Callable[[], bytes] | None) -> None:
        """Count it once more."""
        self.times += 1
        self.add(value)

    def add(self, value: Callable[[], bytes] | None) -> None:
        """Digest what the line was given this time."""
        if value is not None and self.times <= MAX_VALUES:
            self.given = self.given or hashlib.sha256()
            self.given.update(value() + b"\0")


class Recorder:
    """Records events and stages of one script."""

    def __init__(self, frames: UserFrames, control: Control) -> None:
        self.frames = frames
        self.control = control
        self.seeds: dict[str, str] = {}
        """Global generator to the seed that it got last."""
        self.stages: dict[str, str] = {}
        """Stage to digest, in the order in which they were reached."""
        self._groups: dict[str, int] = {}
        self._group = 0
        self._noted: dict[tuple[Any, ...], _Noted] = {}
        self._order: list[_Noted] = []
        self._dropped = 0
        self.draws = 0
        """Draws by the user's code so far, from any generator."""
        self._busy = threading.local()
        self._filled = 0
        self._ticks = 0

    def tick(self) -> int:
        """Return a number that is higher each time, by which moments are told apart."""
        self._ticks += 1
        return self._ticks

    def next_seed(self) -> int:
        """Return a seed for a generator that was given none: another one each time."""
        self._filled += 1
        return FIXED_SEED + self._filled

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """While inside, nothing of this thread is recorded: it is our own doing."""
        before = getattr(self._busy, "quiet", False)
        self._busy.quiet = True
        try:
            yield
        finally:
            self._busy.quiet = before

    @property
    def is_quiet(self) -> bool:
        """Whether this thread records nothing now."""
        return getattr(self._busy, "quiet", False)

    def note(
        self,
        frame: FrameType | FixedLine,
        kind: EventKind,
        call: str,
        describe: Callable[[], dict[str, Any]] = dict,
        *,
        value: Callable[[], bytes] | None = None,
        direct: bool = False,
        key: object = None,
    ) -> bool:
        """Record that a line did something, or did it once more.

        Args:
            frame: the frame that made the call.
            kind: what was done.
            call: the function that was called.
            describe: returns further fields of the event; called the first time only.
            value: returns what the code was given, to be digested each time.
            direct: whether only calls of the user's own code count.
            key: tells events of one line and call apart.

        Returns:
            Whether a line of the user's is behind it.
        """
        if self.is_quiet:
            return False
        seen = self._note(frame, kind, call, describe, value=value, direct=direct, key=key)
        self.draws += seen and kind in (EventKind.DRAW, EventKind.MADE)
        return seen

    def _note(
        self,
        frame: FrameType | FixedLine,
        kind: EventKind,
        call: str,
        describe: Callable[[], dict[str, Any]],
        *,
        value: Callable[[], bytes] | None,
        direct: bool,
        key: object,
    ) -> bool:
        code = frame.f_code
        known: tuple[Any, ...] = (id(code), frame.f_lineno, kind, call, key)
        found = self._noted.get(known)
        if found is not None and self.frames.is_user(code):
            found.repeat(value)
            return True
        with self.quiet():
            place, through = self.frames.find(frame)
            if place is None or (direct and through):
                return False
            known = (place, kind, call, key) if through else known
            found = self._noted.get(known)
            if found is not None:
                found.repeat(value)
                return True
            if len(self._order) >= MAX_EVENTS:
                self._dropped += 1
                return True
            fields = {"kind": kind, "call": call, **describe()}
            found = _Noted(code, place, through, fields, after=self._group)
            found.add(value)
            self._noted[known] = found
            self._order.append(found)
            return True

    def reach(self, stages: dict[str, str]) -> None:
        """Record stages that were reached at one moment, with their digests."""
        for stage, digest in stages.items():
            self._groups[stage] = self._group
            self.stages[stage] = digest
        if stages:
            self._group += 1
            # What a line does from now on lies behind these stages, and is another event.
            self._noted.clear()

    def timeline(self, outputs: str) -> Timeline:
        """Return what was recorded."""
        events = [
            Event(
                place=each.place,
                times=each.times,
                after=each.after,
                **{"through": each.through, **each.fields},
                **({"value": each.given.hexdigest()[:DIGITS]} if each.given else {}),
            )
            for each in self._order
        ]
        ignored = self.control.seeding is Seeding.ignored
        return Timeline(events, dict(self._groups), outputs, self._dropped, ignored)
