"""Prints what one run of a script did, in order: seeds, draws and stages."""

from __future__ import annotations

from pathlib import Path

from runner.analysis.findings.script_causes import Cause, Weight
from runner.analysis.findings.script_wording import word_cause
from runner.record.reader import group_runs, read_stored
from runner.record.timeline import Event, EventKind, Timeline
from runner.report.console import make_console
from runner.text import plural


def print_timeline(directory: Path) -> None:
    """Print the timeline of the first run of each configuration of a sweep that has one."""
    console = make_console()
    stored, _ = read_stored(directory)
    for group in group_runs(stored):
        watched = [each.record for each in group if each.record.timelines]
        for record in watched[:1]:
            heading = f"\nrun {record.job}, in the order in which it went:"
            for line in [heading, *format_timeline(record.timelines[0])]:
                console.print(line, markup=False, highlight=False)


def format_timeline(timeline: Timeline) -> list[str]:
    """Return a line for each event, and one for the stages that were reached at one moment."""
    lines = []
    last = max(timeline.groups.values(), default=-1)
    for group in range(last + 2):
        lines += [_format_event(each) for each in timeline.events if each.after == group]
        reached = [stage for stage, number in timeline.groups.items() if number == group]
        if reached:
            shown = ", ".join(reached[:4])
            more = f" and {len(reached) - 4} more" if len(reached) > 4 else ""
            lines.append(f"  reached {shown}{more}")
    if timeline.dropped:
        lines.append(f"  and {plural(timeline.dropped, 'further event')}")
    return lines


def _format_event(event: Event) -> str:
    times = f" ({event.times} times)" if event.times > 1 else ""
    if event.kind is EventKind.SEED and event.value:
        return f"  {event.place} seeds {event.generator} with {event.value}{times}"
    if event.seeded and event.kind in (EventKind.DRAW, EventKind.MADE):
        what = event.call if event.kind is EventKind.MADE else f"{event.generator} ({event.call})"
        verb = "makes" if event.kind is EventKind.MADE else "draws from"
        through = f" through {event.through}" if event.through else ""
        return f"  {event.place} {verb} {what}{through}, which has a seed{times}"
    return f"  {word_cause(Cause(event, Weight.SEEN))}{times}"
