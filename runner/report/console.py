"""Makes the console on which reports are printed."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from runner.text import strip_control_characters

PIPE_WIDTH = 100
"""The width, in characters, of output to a pipe, where there is no terminal to measure."""


class VisibleConsole(Console):
    """A console that prints no control characters except its own."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render as any console does, but replace what a terminal would obey in all texts."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(strip_control_characters(text), style)


def print_to_text(print_on: Callable[[Console], None]) -> str:
    """Return what a function prints on a console, as plain text, without spaces that end lines.

    Neither a terminal nor a notebook gets any of it.
    """
    printed = io.StringIO()
    console = VisibleConsole(
        file=printed,
        width=PIPE_WIDTH,
        highlight=False,
        markup=False,
        force_terminal=False,
        force_jupyter=False,
    )
    print_on(console)
    return "\n".join(line.rstrip() for line in printed.getvalue().rstrip().splitlines())


def make_console() -> Console:
    """Return a console on standard output, in colour only in a terminal and without NO_COLOR."""
    width = shutil.get_terminal_size((PIPE_WIDTH, 24)).columns  # the variable COLUMNS wins
    return VisibleConsole(width=width, highlight=False, markup=False)
