"""The picture of the rooms in docs/architecture.md, drawn from the imports in the code."""

from __future__ import annotations

from collections.abc import Mapping

from test_architecture import find_edges, find_levels, room_of

BEGIN = "<!-- Drawn by tests/house/room_picture.py; anew by `make docs`. -->\n"
END = "<!-- The end of the picture. -->\n"


def draw_rooms(sources: Mapping[str, str]) -> str:
    """Return a Mermaid flowchart of which room imports which, a row a level.

    An arrow that follows from two others is left out: what a room imports, it imports below it, and
    the longer way is drawn.

    Args:
        sources: dotted name to source of every module.
    """
    below: dict[str, set[str]] = {room_of(name): set() for name in sources}
    for name, target in find_edges(sources):
        if room_of(name) != room_of(target):
            below[room_of(name)].add(room_of(target))
    levels = find_levels({room: " ".join(names) for room, names in below.items()})
    lines = ["flowchart TD"]
    for level in sorted(set(levels.values()), reverse=True):
        row = " & ".join(sorted(room for room in levels if levels[room] == level))
        lines.append(f"    %% level {level}: {row.replace(' & ', ', ')}")
    for room in sorted(below, key=lambda room: (-levels[room], room)):
        targets = sorted(below[room] - set().union(*(reach(each, below) for each in below[room])))
        if targets:
            lines.append(f"    {room} --> {' & '.join(targets)}")
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def reach(room: str, below: Mapping[str, set[str]]) -> set[str]:
    """Return the rooms that a room imports, directly or by way of others."""
    return below[room].union(*(reach(each, below) for each in below[room]))


def replace_picture(page: str, picture: str) -> str:
    """Return a page with the picture between its two comments replaced.

    Raises:
        ValueError: one of the comments is not there.
    """
    head, rest = page[: page.index(BEGIN)], page[page.index(BEGIN) :]
    return f"{head}{BEGIN}\n{picture}\n{rest[rest.index(END) :]}"
