"""Words what was seen of a script: which lines make its runs part, or keep them the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runner.analysis.findings.script_causes import Cause
from runner.record.timeline import Event, EventKind
from runner.text import list_some, plural

GENERATORS = {
    "python": "Python's generator",
    "numpy": "NumPy's generator",
    "tensorflow": "TensorFlow's generator",
    "torch": "PyTorch's generator",
}

ORIGINS = {
    "clock": ", which is the time",
    "process": ", which is the number of the process",
}

MAX_NAMED = 3
"""Lines that are named; more are counted."""

NOTHING_SEEN = (
    "No line was seen that draws without a seed or takes things in an order of chance. What is left"
    " is the time, threads, other processes, and code that is not watched."
)


def word_causes(causes: Sequence[Cause]) -> str:
    """Return sentences that name the lines by which runs part, and what to change there."""
    if not causes:
        return NOTHING_SEEN
    named = [word_cause(each) for each in causes[:MAX_NAMED]]
    text = "; ".join(named)
    left = len(causes) - len(named)
    more = f"; and {plural(left, 'more line')}" if left else ""
    advice = " ".join(dict.fromkeys(filter(None, map(advise, causes[:MAX_NAMED]))))
    several = "One or more of these: " if len(causes) > 1 else ""
    return f"{several}{text}{more}. {advice}"


def word_unused(causes: Sequence[Cause], *, function: bool) -> str | None:
    """Return sentences on lines of chance that reach nothing that was compared; None for no line.

    Args:
        causes: the lines.
        function: whether a function was watched, of which only what it returns is compared.
    """
    if not causes:
        return None
    named = "; ".join(word_cause(each) for each in causes[:MAX_NAMED])
    left = len(causes) - MAX_NAMED
    more = f"; and {plural(left, 'more line')}" if left > 0 else ""
    compared = (
        "what the function does not return is not"
        if function
        else "standard error, logs, other processes and files elsewhere are not"
    )
    return f"{named}{more}. Nothing that was compared depends on that; {compared}."


def word_cause(cause: Cause) -> str:
    """Return a clause that says what a line does, without a full stop."""
    event = cause.event
    words = _WORDS[event.kind](event)
    if cause.generators:
        words = words.replace(*_join_generators([event.generator, *cause.generators]), 1)
    if cause.seeded_later is not None:
        words += f" (the seed of {cause.seeded_later} comes too late)"
    if cause.further and event.kind is EventKind.DRAW:
        lines = list_some([str(each) for each in cause.further], MAX_NAMED)
        words += f", as {'does' if len(cause.further) == 1 else 'do'} {lines}"
    return f"{event.place} {words}"


def _join_generators(names: Sequence[str]) -> tuple[str, str]:
    """Return what the first of several generators is called, and what all of them are."""
    *others, last = [GENERATORS[each].removesuffix(" generator") for each in names]
    return GENERATORS[names[0]], f"{', '.join(others)} and {last} generators"


def advise(cause: Cause) -> str:
    """Return a sentence that says what to change."""
    event = cause.event
    if event.kind is EventKind.DRAW and event.generator:
        if cause.seeded_later is not None:
            return f"Set the seed before {event.place}."
        through_keras = event.through == "keras"
        return _SEEDING.get("tensorflow" if through_keras else event.generator, "Give it a seed.")
    if event.origin == "workers":
        return "Try num_workers=0, with which draws are seen."
    if event.call == "id":
        return "Let nothing depend on id()."
    return _ADVICE[event.kind]


def word_seeds(seeds: Sequence[Event]) -> str:
    """Return a sentence that names the lines that give a script its seeds."""
    named: dict[tuple[str, str], list[str]] = {}
    for each in seeds:
        what = GENERATORS.get(each.generator, each.call)
        named.setdefault((str(each.place), each.value), []).append(what)
    shown = [
        f"{place} gives {list_some(list(dict.fromkeys(whose)), MAX_NAMED)} the seed {value}"
        for (place, value), whose in list(named.items())[:MAX_NAMED]
    ]
    left = len(named) - len(shown)
    return "; ".join(shown) + (f"; and {plural(left, 'more line')}" if left else "") + "."


def word_reads(reads: Sequence[Event]) -> str:
    """Return a sentence that names files that were there before, and the lines that read them."""
    shown = list_some([f"{each.value} ({each.place})" for each in reads], MAX_NAMED)
    return f"It reads what was there before: {shown}."


def word_held(names: Sequence[str]) -> str | None:
    """Return a sentence that names what a function brought with it; None if that is nothing."""
    if not names:
        return None
    return (
        "What the function refers to was made before and copied into every run, so chance in its"
        f" making is not seen: {list_some(names, MAX_NAMED)}."
    )


def _word_draw(event: Event) -> str:
    whose = GENERATORS.get(event.generator, "a generator")
    if event.call in ("fit", "tf.random.shuffle") and event.through == "keras":
        return f"lets fit shuffle the rows with {whose}, which has no seed"
    through = f" through {event.through}" if event.through else ""
    return f"draws from {whose}{through} ({event.call}), which has no seed"


def _word_made(event: Event) -> str:
    if event.seeded:
        origin = ORIGINS.get(event.origin, "")
        return f"gives {event.call} another seed in each run{origin}"
    if event.call == "torch.Generator.seed":
        return f"lets the system seed a generator ({event.call})"
    return f"makes {event.call}() without a seed"


def _word_seed(event: Event) -> str:
    origin = ORIGINS.get(event.origin, "")
    whose = GENERATORS.get(event.generator, event.generator)
    if event.call == "torch.seed":
        return f"lets the system seed {whose} ({event.call})"
    if not event.value:
        return f"gives {whose} the seed None ({event.call}), which is none"
    return f"gives {whose} another seed in each run{origin}"


def _word_threads(event: Event) -> str:
    if event.origin == "draws":
        return f"draws in a function that {event.call} calls in parallel, in an order of chance"
    if event.origin == "unordered":
        return f"lets {event.call} give its elements in the order in which they are ready"
    if event.origin == "workers":
        return f"lets worker processes of {event.call} make the rows: what they draw is not seen"
    return "starts threads, and what is computed may depend on which is first"


_WORDS: dict[EventKind, Callable[[Event], str]] = {
    EventKind.DRAW: _word_draw,
    EventKind.MADE: _word_made,
    EventKind.SEED: _word_seed,
    EventKind.LISTING: lambda event: (
        f"takes the names in a directory as {event.call} gives them, in another order in each run"
    ),
    EventKind.SET_ORDER: lambda event: (
        f"takes the elements of a {event.call} in its own order, which is another in each process"
    ),
    EventKind.HASH: lambda event: (
        f"uses {event.call}(), which gives another number in each process"
    ),
    EventKind.ENTROPY: lambda event: f"takes random bytes from the system ({event.call})",
    EventKind.CLOCK: lambda event: f"asks for what is another in each run ({event.call})",
    EventKind.COMPLETION: lambda event: (
        f"takes results in the order in which they are completed ({event.call})"
    ),
    EventKind.THREADS: _word_threads,
    EventKind.READ: lambda event: f"reads {event.value}",
}

_SEEDING = {
    "python": "Call random.seed(NUMBER) before that.",
    "numpy": "Call numpy.random.seed(NUMBER) before that.",
    "tensorflow": "Call keras.utils.set_random_seed(NUMBER) before that.",
    "torch": "Call torch.manual_seed(NUMBER) before that.",
}

_ADVICE = {
    EventKind.DRAW: "Give the generator a seed.",
    EventKind.MADE: "Give the generator a fixed seed.",
    EventKind.SEED: "Give the generator a fixed seed.",
    EventKind.LISTING: "Sort the names.",
    EventKind.SET_ORDER: "Sort the elements, by a key where they have no order.",
    EventKind.HASH: "Use a digest such as zlib.crc32, or set PYTHONHASHSEED.",
    EventKind.ENTROPY: "Draw from a generator with a seed instead.",
    EventKind.CLOCK: "",
    EventKind.COMPLETION: "Take the results in the order in which they were asked for.",
    EventKind.THREADS: "Let one thread do it, in a fixed order.",
    EventKind.READ: "",
}
