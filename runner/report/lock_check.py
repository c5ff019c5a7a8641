"""Shows what a check of a lock found, as text and as annotations of GitHub's workflows."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from runner.compare.sweeps import ConfigurationDifference, SweepDifference
from runner.numeric.verdicts import State
from runner.report.github import annotate
from runner.report.sweep_comparison import describe, print_environment, print_sides, show_values
from runner.text import plural


class Result(StrEnum):
    """What a check says about one configuration of a lock."""

    HELD = "held"
    CHANGED = "changed"
    UNCHECKED = "not checked"
    """Neither its outputs nor its verdict could be compared."""


STYLES = {Result.HELD: "green", Result.CHANGED: "red", Result.UNCHECKED: "yellow"}
"""The colour of each result in a terminal."""

INDENT = max(map(len, Result)) + 2
"""The number of characters before a configuration's name and before the lines about it."""

LEVELS = {Result.CHANGED: "error", Result.UNCHECKED: "warning"}
"""GitHub's word for each result; a configuration that held has no annotation."""


def judge(found: ConfigurationDifference) -> Result:
    """Return what a check says about a configuration."""
    if found.changes():
        return Result.CHANGED
    compared = found.state is not State.UNMEASURED or found.verdict_changed is False
    return Result.HELD if compared else Result.UNCHECKED


def print_check(found: SweepDifference, console: Console) -> None:
    """Print what held and what changed, where A is the lock and B the new sweep."""
    print_sides(found, console)
    print_environment(found, console)
    console.print()
    for each in found.configurations:
        result = judge(each)
        name = each.name or "configuration"
        console.print(Text.assemble((f"{result:{INDENT}}", STYLES[result]), (name, "bold")))
        for text in _lines(each, result):
            console.print(Padding(Text(text), (0, 0, 0, INDENT), expand=False))
    for text in _alone(found):
        console.print(Text(text, style="red"))
    console.print()
    console.print(summarize(found))


def format_github(found: SweepDifference, lock: Path, lines: Sequence[int | None]) -> str:
    """Return one workflow command per line, which GitHub shows beside a line of the lock.

    Args:
        found: the comparison, where A is the lock and B the new sweep.
        lock: the lock's path, relative to the repository's root.
        lines: the line of the lock, from 1, of each configuration of `found`; None for line 1.
    """
    environment = ", ".join(
        f"{pair.name} {show_values(pair.a)} -> {show_values(pair.b)}"
        for pair in found.environment or ()
    )
    commands = []
    for each, line in zip(found.configurations, lines, strict=True):
        result = judge(each)
        if result is Result.HELD:
            continue
        message = "\n".join(_lines(each, result))
        if result is Result.CHANGED and environment:
            message += f"\nThe environment differs: {environment}"
        title = f"{result}: {each.name or 'configuration'}"
        commands.append(annotate(LEVELS[result], title, message, lock, line or 1))
    commands += [annotate("error", "changed", text, lock) for text in _alone(found)]
    return "\n".join([*commands, summarize(found)])


def summarize(found: SweepDifference) -> str:
    """Return how many configurations have each result, such as `2 held, 1 changed`."""
    results = [judge(each) for each in found.configurations]
    counts = [f"{results.count(result)} {result}" for result in Result if result in results]
    return ", ".join(counts)


def _lines(found: ConfigurationDifference, result: Result) -> list[str]:
    """Return lines that say what was compared, or what changed and why."""
    lines = [text for text, _ in describe(found, found.changes())]
    if result is not Result.HELD:
        return lines
    if found.state is State.UNMEASURED:
        return [f"verdict {found.verdict.b}; outputs cannot be compared bit for bit", *lines]
    seeds = plural(found.pairing.seeds, "seed")
    return [f"verdict {found.verdict.b}; bit for bit the same with {seeds}", *lines]


def _alone(found: SweepDifference) -> list[str]:
    """Return lines about configurations of one side only, and about unusable records."""
    texts = [f"only in A: {name or 'the defaults'}" for name in found.only_a]
    texts += [f"only in B: {name or 'the defaults'}" for name in found.only_b]
    return texts + [f"problem: {problem}" for problem in found.problems]
