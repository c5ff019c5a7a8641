"""Finds the lines of a script by which its runs part, in what was seen of each run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from runner.record.stages import kind_of
from runner.record.timeline import Event, EventKind, Place, Timeline

TENSORFLOW = "tensorflow"
"""The generator of which no state can be read: without a seed it draws from the system."""


TORCH = "torch"
"""PyTorch's generator."""

ORDERS = (EventKind.SET_ORDER, EventKind.LISTING, EventKind.COMPLETION)
"""Kinds of events that bring an order."""

WRITTEN = "written"
"""Origin of a seed that stands in the user's code or command line."""


class Weight(IntEnum):
    """How much speaks for a line, the most first."""

    SEEN = 1
    """The runs were seen to get something else there."""
    ORDER = 2
    """What runs got there came in another order, or may have."""
    SYSTEM = 3
    """Random bytes were taken, which need not reach any result."""
    POSSIBLE = 4
    """Something was done there whose effect cannot be seen."""


@dataclass(frozen=True)
class Cause:
    """A line by which runs can part."""

    event: Event
    """What it did, in the first run that did it."""
    weight: Weight
    seeded_later: Place | None = None
    """The line by which the generator got a seed afterwards; None: it got none."""
    further: tuple[Place, ...] = ()
    """Other lines that drew from the same generator without a seed."""
    generators: tuple[str, ...] = ()
    """Further generators that the line seeded alike."""


def find_causes(timelines: Sequence[Timeline], first: str) -> list[Cause]:
    """Find the lines that lie before the stage at which runs first part, and that can explain it.

    Args:
        timelines: what was seen of each run, one at least.
        first: the first stage that is not the same in all runs.

    Returns:
        The lines for which most speaks, in the order in which they were reached; empty if no line
        was seen that could explain it.
    """
    causes = list(_find_all(timelines, _group_of(first, timelines)))
    built = _has_initial_weights(timelines)
    # The time is asked for everywhere, and is told of only where a seed may have been made of it.
    named = [each for each in causes if each.event.kind is not EventKind.CLOCK]
    relevant = [each for each in named if _concerns(first, each.event, built=built)]
    chosen = relevant or [each for each in named if each.weight < Weight.POSSIBLE] or named
    if not chosen:
        return []
    most = min(each.weight for each in chosen)
    orders = all(each.event.kind in ORDERS for each in chosen if each.weight == most)
    # An order may reach no result, and then random bytes are what is left.
    limit = max(most, Weight.SYSTEM) if orders else most
    kept = [each for each in chosen if each.weight <= limit]
    merged = _merge(sorted(kept, key=lambda each: each.weight))
    return [*_find_origins(merged, causes), *merged]


def find_chance(timelines: Sequence[Timeline]) -> list[Cause]:
    """Find the lines at which runs got other numbers, whether or not these reach a result."""
    kinds = (EventKind.DRAW, EventKind.MADE, EventKind.SEED)
    last = _group_of("", timelines)
    seen = [each for each in _find_all(timelines, last) if each.weight is Weight.SEEN]
    return _merge([each for each in seen if each.event.kind in kinds])


def _find_origins(found: Sequence[Cause], causes: Sequence[Cause]) -> list[Cause]:
    """Return the last line before a seed that differs of which it can have been made: one that
    asked for random bytes or the time, or drew a number without a seed.

    It is named only where nothing but such seeds was found, and the seed is not the time itself.
    """
    seeds = [each for each in found if each.event.seeded or each.event.kind is EventKind.SEED]
    told = any(each.event.origin in ("clock", "process") for each in found)
    if len(seeds) < len(found) or told:
        return []
    events = [each.event for each in causes]
    before = causes[: events.index(found[0].event)]
    origins = (EventKind.ENTROPY, EventKind.CLOCK, EventKind.DRAW)
    return [each for each in before if each.event.kind in origins and not each.event.through][-1:]


def find_seeds(timelines: Sequence[Timeline]) -> list[Event]:
    """Find what gives a script its fixed seeds: each line once, with a value all runs have."""
    found: dict[tuple[object, ...], Event] = {}
    for events in _align(timelines).values():
        event = events[0]
        # A number that nobody wrote was drawn from another generator, and follows from its seed.
        written = event.kind is EventKind.MADE and event.origin == WRITTEN
        fixed = event.kind is EventKind.SEED or written
        same = len({each.value for each in events}) == 1 and len(events) >= len(timelines)
        if fixed and same and event.value:
            found.setdefault((event.place, event.value), event)
    return list(found.values())


def find_reads(timelines: Sequence[Timeline]) -> list[Event]:
    """Find the lines at which every run read a file that was there before; each file once."""
    found: dict[str, Event] = {}
    for events in _align(timelines).values():
        if events[0].kind is EventKind.READ and len(events) >= len(timelines):
            found.setdefault(events[0].value, events[0])
    return list(found.values())


def _group_of(stage: str, timelines: Sequence[Timeline]) -> int:
    """Return the number of the group in which runs reached a stage; the last where none did."""
    groups = [each.groups[stage] for each in timelines if stage in each.groups]
    most = max((group for each in timelines for group in each.groups.values()), default=-1)
    return max(groups, default=most + 1)


def _align(timelines: Sequence[Timeline]) -> dict[tuple[object, ...], list[Event]]:
    """Return the events that are the same one in several runs, by what makes them so."""
    aligned: dict[tuple[object, ...], list[Event]] = {}
    for timeline in timelines:
        for event in timeline.events:
            made_alike = event.kind is EventKind.MADE and event.seeded
            key = (event.kind, event.place, event.call, event.generator, event.after, made_alike)
            aligned.setdefault(key, []).append(event)
    return aligned


def _find_all(timelines: Sequence[Timeline], last: int) -> Iterator[Cause]:
    """Yield every line up to a group of stages that can make runs part."""
    for events in _align(timelines).values():
        event = events[0]
        if event.after > last:
            continue
        weight = WEIGHTS[event.kind](events)
        if weight is not None:
            yield Cause(event, weight, _find_later_seed(event, timelines))


def _find_later_seed(event: Event, timelines: Sequence[Timeline]) -> Place | None:
    if event.kind is not EventKind.DRAW:
        return None
    for timeline in timelines:
        if event not in timeline.events:
            continue
        for later in timeline.events[timeline.events.index(event) :]:
            if later.kind is EventKind.SEED and later.generator == event.generator and later.value:
                return later.place
    return None


def _weigh_draw(events: Sequence[Event]) -> Weight | None:
    """A draw parts runs if the generator had no seed; with one, whatever set it does."""
    if any(each.seeded for each in events):
        return None
    differs = events[0].generator == TENSORFLOW or _differ(events)
    return Weight.SEEN if differs else None


def _weigh_made(events: Sequence[Event]) -> Weight | None:
    """What a library makes with a seed of its own follows from the generator that it drew from."""
    if all(each.seeded and each.through for each in events):
        return None
    unseeded = not all(each.seeded for each in events)
    return Weight.SEEN if unseeded or _differ(events) else None


def _weigh_seed(events: Sequence[Event]) -> Weight | None:
    """A seed of None takes away the one that the generator had, or says that there is none."""
    taken_away = not any(each.value for each in events)
    return Weight.SEEN if taken_away or _differ(events) else None


def _weigh_order(events: Sequence[Event]) -> Weight | None:
    """Other elements are no other order: they differ because of what came before."""
    same = len({each.origin for each in events}) == 1
    return Weight.SEEN if same and _differ(events) else None


def _weigh_hash(events: Sequence[Event]) -> Weight | None:
    if not _differ(events):
        return None
    # The id of an object is another in every process, whether or not anything depends on it.
    return Weight.SEEN if events[0].call == "hash" else Weight.SYSTEM


def _weigh_completion(events: Sequence[Event]) -> Weight | None:
    return Weight.ORDER if _differ(events) else None


def _weigh_threads(events: Sequence[Event]) -> Weight | None:
    return Weight.ORDER if events[0].origin in ("draws", "unordered") else Weight.POSSIBLE


def _weigh_entropy(events: Sequence[Event]) -> Weight | None:
    return Weight.SYSTEM


def _pass_over(events: Sequence[Event]) -> Weight | None:
    return None


WEIGHTS: dict[EventKind, Callable[[Sequence[Event]], Weight | None]] = {
    EventKind.SEED: _weigh_seed,
    EventKind.DRAW: _weigh_draw,
    EventKind.MADE: _weigh_made,
    EventKind.LISTING: _weigh_order,
    EventKind.SET_ORDER: _weigh_order,
    EventKind.HASH: _weigh_hash,
    EventKind.ENTROPY: _weigh_entropy,
    EventKind.COMPLETION: _weigh_completion,
    EventKind.THREADS: _weigh_threads,
    EventKind.CLOCK: _weigh_entropy,
    EventKind.READ: _pass_over,
}


def _differ(events: Sequence[Event]) -> bool:
    return len({each.value for each in events}) > 1


def _has_initial_weights(timelines: Sequence[Timeline]) -> bool:
    """Return whether initial weights are among the stages: those of a model that is built with its
    first batch are not.
    """
    return any(kind_of(stage) == "init" for each in timelines for stage in each.groups)


def _concerns(stage: str, event: Event, *, built: bool) -> bool:
    """Return whether what a line did is of the kind that decides a stage.

    What a model draws when it is made cannot have changed its data; and if data and order are the
    same, initial weights differ by what the model drew.

    Args:
        stage: the first stage that differs.
        event: what a line did.
        built: whether initial weights were compared.
    """
    kind = kind_of(stage)
    if event.generator == TORCH and event.kind is EventKind.DRAW:
        return _concerns_torch(kind, event, built=built)
    # Inside of fit Keras draws from TensorFlow's generator, and from Python's for a new layer.
    of_fit = event.through == "keras" and event.generator == TENSORFLOW
    of_model = event.through == "keras" and not of_fit
    if kind == "data":
        return not of_model and not of_fit
    if kind in ("init", "dropout"):
        direct = event.generator == TENSORFLOW and not of_fit
        return of_model or direct or event.kind is EventKind.SEED
    if kind in ("order", "logs", "weights"):
        return not (of_model and built)
    return True


def _concerns_torch(kind: str, event: Event, *, built: bool) -> bool:
    """Return whether a draw from PyTorch's generator is of the kind that decides stages of a kind.

    All that a script draws comes from one generator, for layers, rows and dropout alike.
    """
    of_rows = event.call.startswith("torch.utils.data.")
    # What is no function of PyTorch's is a model whose call drew, in code that was compiled.
    in_call = event.call.startswith("torch.nn.functional.") or "." not in event.call
    of_model = event.call.startswith("torch.nn.") and not in_call
    if kind in ("data", "order"):
        return not in_call and not of_model
    if kind == "init":
        return not in_call and not of_rows
    return not (kind in ("logs", "weights") and of_model and built)


def _merge(causes: Sequence[Cause]) -> list[Cause]:
    """Join lines that drew from one global generator: the first would be reached by a seed."""
    merged: dict[tuple[object, ...], Cause] = {}
    for cause in causes:
        event = cause.event
        taken_away = event.kind is EventKind.SEED and not event.value
        shared = event.generator and (event.kind is EventKind.DRAW or taken_away)
        key: tuple[object, ...] = (event.kind, event.place, event.call)
        if shared:
            key = (event.generator,)
        elif event.kind is EventKind.SEED:
            key = (event.kind, event.place)
        known = merged.get(key)
        if known is None:
            merged[key] = cause
        elif event.kind is EventKind.SEED and event.place == known.event.place:
            merged[key] = replace(known, generators=(*known.generators, event.generator))
        elif event.place != known.event.place and event.place not in known.further:
            merged[key] = replace(known, further=(*known.further, event.place))
    return list(merged.values())
