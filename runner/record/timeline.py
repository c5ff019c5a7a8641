"""What was seen of a script or a function: its events, each with the line of code behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

PREDICTIONS = "the last predictions"
"""What `Timeline.outputs` says of outputs that are predictions."""


class EventKind(StrEnum):
    """The kinds of events."""

    SEED = "seed"
    """A global generator was seeded."""
    DRAW = "draw"
    """A global generator was drawn from."""
    MADE = "made"
    """A generator of its own was made, or an operation with a generator of its own."""
    LISTING = "listing"
    """The names in a directory were listed."""
    SET_ORDER = "set-order"
    """The elements of a set were taken in the set's own order."""
    HASH = "hash"
    """`hash()` or `id()` was called."""
    ENTROPY = "entropy"
    """Random bytes were asked of the operating system."""
    CLOCK = "clock"
    """The time, or the number of the process, was asked for."""
    COMPLETION = "completion"
    """Results were taken in the order in which threads or processes completed them."""
    THREADS = "threads"
    """A thread was started, or an operation whose results come in any order."""
    READ = "read"
    """A file was read."""


@dataclass(frozen=True)
class Place:
    """A line of the user's code."""

    file: str
    """Path of the file, relative to the directory of the script where it lies below that."""
    line: int
    """Number of the line, from 1."""
    function: str = ""
    """Name of the function, or `<module>`."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Event:
    """Something that a line of the user's code did, once or several times before the next stage."""

    kind: EventKind
    place: Place
    call: str
    """The function that was called, as people write it, such as `numpy.random.rand`."""
    generator: str = ""
    """For seeds and draws: the global generator, `python`, `numpy`, `tensorflow` or `torch`."""
    through: str = ""
    """The library through which the user's code did it, such as `keras`; empty: directly."""
    value: str = ""
    """Of a seed, its value. Of a draw, a digest of the generator's state before. Of others, a
    digest of what the code was given. Empty: none was seen."""
    seeded: bool = False
    """Whether the generator had a seed, set by whomever, or was given one."""
    times: int = 1
    """How often the line did it before the next stage."""
    after: int = 0
    """Number of groups of stages that were seen before: stages seen at one moment are a group."""
    origin: str = ""
    """Of a seed, where its value came from, as far as that can be told: clock, process or none."""


@dataclass(frozen=True)
class Timeline:
    """The events of a run, in the order in which they first happened."""

    events: list[Event] = field(default_factory=list)
    groups: dict[str, int] = field(default_factory=dict)
    """Stage to the number of its group."""
    outputs: str = ""
    """What was taken as the outputs of a script; empty: they are what a function returned."""
    dropped: int = 0
    """Events beyond those that are kept."""
    seeds_ignored: bool = False
    """Whether the seeds that the script sets itself were taken away."""
    held: list[str] = field(default_factory=list)
    """Names of values that a function brought with it, which are the same in every run."""

    def map_texts(self, change: Callable[[str], str]) -> Timeline:
        """Return the timeline with every text changed, for example to conceal secrets."""
        events = [
            replace(
                each,
                place=replace(each.place, file=change(each.place.file)),
                call=change(each.call),
                value=change(each.value),
            )
            for each in self.events
        ]
        groups = {change(stage): group for stage, group in self.groups.items()}
        held = [change(each) for each in self.held]
        return replace(self, events=events, groups=groups, outputs=change(self.outputs), held=held)
