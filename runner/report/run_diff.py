"""Shows two runs side by side, in a terminal and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from runner.analysis.tables.row_names import shorten_cell
from runner.compare.output_distance import OutputsDifference
from runner.compare.runs import BuildDifference, RunDifference, SidePair, Stage, StageState
from runner.numeric.verdicts import State
from runner.record.stages import kind_of
from runner.text import plural

GAP = "  "
"""The text between two columns."""

LONGEST_VALUE = 160
"""How many characters of a value are shown, where the values of both runs stand side by side."""

SHORT_DIGEST = 8
"""How many digits of a digest a narrow console shows; 1 in 4e9 unequal ones agree in them."""

WIDE = 100
"""The width, in characters, from which digests are shown whole."""

SHOWN = 3
"""How many stages of a long stretch that differs are shown; the others are counted."""

LONG = 8
"""A stretch that differs is long if it has more stages of one kind, such as epochs or steps."""

UNCOMPARED = (StageState.UNMEASURED, StageState.UNREACHED)
"""The states of stages of one side that were not compared."""

STYLES = dict.fromkeys((StageState.SAME, *UNCOMPARED), "dim")
"""The style of each state in a terminal; other states are red."""


@dataclass(frozen=True)
class Stretch:
    """Consecutive stages of one state that are shown on one line."""

    stages: Sequence[Stage]
    further: bool = False
    """Whether stages of the same state are shown right before it."""

    def __str__(self) -> str:
        count, state = len(self.stages), self.stages[0].state
        said = {
            StageState.SAME: "the same",
            StageState.DIFFERS: "that differ",
            StageState.UNMEASURED: f"not compared, as only {self._side()} was traced by steps",
            StageState.UNREACHED: f"not compared, as only {self._side()} reached them",
        }.get(state, str(state))
        ends = f"{self.stages[0].name} ... {self.stages[-1].name}"
        names = ends if count > 1 else self.stages[0].name
        return f"{plural(count, 'further stage' if self.further else 'stage')} {said}: {names}"

    def _side(self) -> str:
        return "A" if self.stages[0].b is None else "B"


def print_difference(
    difference: RunDifference, paths: tuple[Path, Path], console: Console, every: bool = False
) -> None:
    """Print what differs between two runs, and the conclusion last.

    Args:
        difference: how the runs differ.
        paths: where the runs are.
        console: prints; its width decides how much of digests is shown.
        every: whether each stage gets a line of its own, even if many are the same.
    """
    for name, path in zip("AB", paths, strict=True):
        console.print(Text.assemble((f"{name}  ", "bold"), str(path)), soft_wrap=True)
    console.print()
    console.print(_build_pairs(difference))
    for number, build in enumerate(difference.builds):
        console.print()
        console.print(f"build {number}", style="bold")
        for line in _build_lines(build, console.width, every):
            console.print(line)
    console.print()
    for text in _outputs_lines(difference):
        console.print(text)
    console.print()
    style = {True: "green", False: "red", None: "yellow"}[difference.same]
    console.print(Text(difference.conclusion, style=style))


def format_json(difference: RunDifference, paths: tuple[Path, Path]) -> str:
    """Return what was compared and the paths as JSON, with numbers as in `plain`."""
    content = {"a": str(paths[0]), "b": str(paths[1]), **asdict(difference)}
    del content["watched"]  # for programs; it tells nothing that differs
    return json.dumps(plain(content), indent=1)


def plain(value: Any) -> Any:
    """Return a value that JSON can hold: NaN and infinities become "nan", "inf" or "-inf"."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _build_pairs(difference: RunDifference) -> Table:
    """Return the facts of both runs, and the overrides and environment that differ."""
    table = Table(box=None, padding=(0, len(GAP), 0, 0), pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True)
    for side in "AB":
        table.add_column(side, overflow="fold")
    _add_pairs(table, difference.facts)
    if difference.overrides:
        table.add_row(Text("overrides that differ", style="bold"))
        _add_pairs(table, difference.overrides)
    if difference.environment is None:
        table.add_row(Text("environment: not recorded in both", style="bold"))
    elif difference.environment:
        table.add_row(Text("environment that differs", style="bold"))
        _add_pairs(table, difference.environment)
    else:
        table.add_row(Text("environment: the same", style="bold"))
    return table


def _add_pairs(table: Table, pairs: Sequence[SidePair]) -> None:
    for pair in pairs:
        style = "" if pair.same else "red"
        table.add_row(pair.name, Text(_show(pair.a), style=style), Text(_show(pair.b), style=style))


def _build_lines(build: BuildDifference, width: int, every: bool) -> Iterator[Text]:
    if build.only is not None:
        yield Text(f"{build.only}: the other run has fewer builds", style="red")
    elif not build.stages:
        yield Text("not both runs recorded stages", style="yellow")
    lines = list(build.stages) if every else list(collapse(build.stages))
    yield from _stage_lines(lines, width)
    if build.metrics:
        yield from _metric_lines(build.metrics)


def collapse(stages: Sequence[Stage]) -> Iterator[Stage | Stretch]:
    """Yield the lines of a list of stages: a stage, or a stretch of stages that share a line.

    Consecutive stages that are the same, or that were not compared, share a line. Stages that
    differ have a line each, except that a long stretch shows only the first ones and counts the
    others.
    """
    for state, group in groupby(stages, lambda each: each.state):
        found = list(group)
        if state in UNCOMPARED or (state is StageState.SAME and len(found) > 1):
            yield Stretch(found)
        elif state is StageState.SAME:
            yield from found
        else:
            for _, kind in groupby(found, lambda each: kind_of(each.name)):
                alike = list(kind)
                count = SHOWN if len(alike) > LONG else len(alike)
                yield from alike[:count]
                if alike[count:]:
                    yield Stretch(alike[count:], further=True)


def _stage_lines(lines: Sequence[Stage | Stretch], width: int) -> Iterator[Text]:
    """Yield each stage's name, digests and state; a long name has a line of its own."""
    shown = [line for line in lines if isinstance(line, Stage)]
    digits = max((len(each.a or each.b or "") for each in shown), default=0)
    if width < WIDE:
        digits = min(digits, SHORT_DIGEST)
    states = max(map(len, StageState))
    room = width - 2 * digits - states - 3 * len(GAP)
    names = min(max((len(each.name) for each in shown), default=0), room)
    for line in lines:
        if isinstance(line, Stretch):
            yield Text(str(line), style=STYLES.get(line.stages[0].state, "red"))
            continue
        name = line.name.ljust(names)
        if len(line.name) > names:
            yield Text(line.name)
            name = " " * names
        cells = [(digest or "-")[:digits].ljust(digits) for digest in (line.a, line.b)]
        state = (str(line.state), STYLES.get(line.state, "red"))
        yield Text.assemble(GAP.join([name, *cells, ""]), state)


def _metric_lines(metrics: Sequence[SidePair]) -> Iterator[Text]:
    names = max(len(pair.name) for pair in metrics)
    values = [(_show(pair.a), _show(pair.b)) for pair in metrics]
    widths = [max(len(each[side]) for each in values) for side in (0, 1)]
    for pair, (a, b) in zip(metrics, values, strict=True):
        line = f"{pair.name.ljust(names)}{GAP}{a.ljust(widths[0])}{GAP}{b.ljust(widths[1])}{GAP}"
        missing = None in (pair.a, pair.b)
        state = "not compared" if missing else "same" if pair.same else _gap(pair.a, pair.b)
        yield Text.assemble(line, (state, "dim" if missing or pair.same else "red"))


def _gap(a: float, b: float) -> str:
    gap = abs(a - b)
    return f"differs by {gap:.3g}" if math.isfinite(gap) else "differs"


def _outputs_lines(difference: RunDifference) -> Iterator[Text]:
    """Yield lines that say how far apart the outputs are."""
    found = difference.outputs
    if found is None:
        state = "same" if difference.digests.same else "differs"
        said = f"{state}, by their digests; the arrays themselves are not kept of both runs"
        if None in (difference.digests.a, difference.digests.b):
            said = "not compared"
        yield Text.assemble(("outputs: ", "bold"), said)
        return
    tolerance = f"rtol {found.tolerance.rtol:g}, atol {found.tolerance.atol:g}"
    within = f" ({tolerance})" if found.state in (State.ROUNDING, State.DIFFERS) else ""
    yield Text.assemble(("outputs: ", "bold"), f"{found.state}{within}")
    yield from (Text(f"{GAP}{line}") for line in _sizes(found))


def _sizes(found: OutputsDifference) -> Iterator[str]:
    if found.shapes[0] != found.shapes[1]:
        yield "shapes (build, call, input, unit): {} and {}".format(*found.shapes)
    if found.types[0] != found.types[1]:
        yield "types: {} and {}".format(*found.types)
    if found.probes_differing:
        count = f"{found.probes_differing} of {min(shape[2] for shape in found.shapes)}"
        yield f"{count} inputs of the probe are not the same, so their outputs need not be"
    if found.state is State.SAME:
        return
    elements = found.elements
    if elements is None:
        yield "no elements correspond, so that none were compared"
    elif elements.compared:
        yield f"{elements.differing} of {elements.compared} elements differ"
        if elements.unsized:
            yield f"{elements.unsized} of them are NaN or infinite in A or B"
        if elements.place is not None and elements.values is not None:
            names = ("build", "call", "input", "unit")
            place = zip(names, elements.place, strict=True)
            where = ", ".join(f"{name} {index}" for name, index in place)
            size = elements.max_abs
            yield "first place" if size is None else f"largest |a-b|: {size:.3g}"
            yield f"{GAP}at {where}: {_values(*elements.values)}"
        if elements.max_rel is not None:
            yield f"largest |a-b| / max(|a|, |b|): {elements.max_rel:.3g}"
    if found.labels is not None and found.labels_differing is not None:
        share = found.labels_differing / found.labels
        yield f"{found.labels_differing} of {found.labels} predicted labels differ ({share:.1%})"


def _values(a: float | int, b: float | int) -> str:
    """Return two values with nine digits, which tell any float32 apart, or with all if needed."""
    short = f"{a:.9g}, {b:.9g}"
    return short if short.split(", ")[0] != short.split(", ")[1] else f"{a!r}, {b!r}"


def _show(value: Any) -> str:
    return shorten_cell("-" if value is None else value, LONGEST_VALUE)
