"""`status`: how far a sweep is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runner.text import plural, resuming_command, strip_control_characters

if TYPE_CHECKING:
    from runner.plan.sweep_standing import Standing
    from runner.record.directories import Holder

MAX_REASONS = 3
"""Reasons of failed runs that are printed; the others are counted."""


def status(
    path: Annotated[Path, typer.Argument(help="Directory of a sweep, such as outputs/DATE/TIME.")],
) -> None:
    """Print whether a sweep runs, how many of its runs have ended, and why some failed.

    Exit status: 0 whatever is found; 2 if there is no sweep.
    """
    from runner.commands.detached.planned_sweep import read_planned
    from runner.record.directories import is_locked, read_holder

    standing = read_planned("status", path)
    running, holder = is_locked(path), read_holder(path)
    for line in word_standing(path, standing, running, holder, time.time()):
        print(strip_control_characters(line))


def word_standing(
    path: Path, standing: Standing, running: bool, holder: Holder | None, now_s: float
) -> list[str]:
    """Return the lines on how a sweep stands.

    Args:
        path: its directory.
        standing: what was read there.
        running: whether a program runs it.
        holder: which one; None: not known.
        now_s: the time, in seconds since the epoch.
    """
    where = f", process {holder.pid} on {holder.host}" if running and holder else ""
    state = "runs" if running else ("has ended" if not standing.left else "was interrupted")
    counts = f"{standing.done + standing.failed} of {standing.planned} runs have ended"
    if standing.failed:
        counts += f", {standing.failed} of them failed"
    lines = [f"{path} {state}{where}: {counts}."]
    if standing.damaged:
        lines.append(f"Records that cannot be read: {standing.damaged}.")
    shown = list(standing.reasons.items())[:MAX_REASONS]
    lines += [f"failed ({number}): {reason}" for reason, number in shown]
    if more := len(standing.reasons) - len(shown):
        lines.append(f"... and {plural(more, 'other reason')}")
    return [*lines, *_word_next(path, standing, running, now_s)]


def _word_next(path: Path, standing: Standing, running: bool, now_s: float) -> list[str]:
    """Return the lines on the time, and on which command comes next."""
    if not running:
        again = standing.left or standing.failed or standing.damaged
        return [
            *([f"To go on: {resuming_command(str(path), standing.scripts)}"] if again else []),
            *([f"Its table: python -m runner report {path}"] if standing.done else []),
        ]
    since = f"It has run for {_word_time(now_s - (standing.started_s or now_s))}"
    left = standing.seconds_left
    return [f"{since}." if left is None else f"{since}; about {_word_time(left)} are left."]


def _word_time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
