"""Writes pictures of a sweep to files, and never over files that are there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from runner.analysis.results import Results
from runner.errors import ConfigError
from runner.pictures.canvas import DPI
from runner.pictures.run_dots import draw_runs
from runner.pictures.source_shares import draw_sources
from runner.pictures.strip_picture import draw_strip

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    Draw: TypeAlias = Callable[[], Figure]

OPTION = "--plot"
"""What errors name."""

FORMATS = (".png", ".svg", ".pdf")
"""Endings of the files that can be written."""

MOST_STRIPS = 20
"""Configurations whose strips are written into a directory."""


def save_pictures(results: Results, place: Path, ending: str = FORMATS[0]) -> list[Path]:
    """Write the picture of all runs to a file, or all pictures into a directory.

    Args:
        results: of a sweep.
        place: a file with one of the endings in FORMATS; anything else is a directory.
        ending: of the files in a directory, one of FORMATS.

    Returns:
        The files that were written. Pictures for which there is nothing to show are left out.

    Raises:
        ConfigError: a file is there already, its ending is unknown, or matplotlib is missing.
        OSError: a file cannot be written.
    """
    if place.is_dir() or not place.suffix:
        wanted = {place / f"{name}{ending}": draw for name, draw in _list_pictures(results)}
        place.mkdir(parents=True, exist_ok=True)
    elif place.suffix in FORMATS:
        wanted = {place: lambda: draw_runs(results)}
    else:
        rule = f"must end in {', '.join(FORMATS)}, or be a directory"
        raise ConfigError(OPTION, rule, place)
    for path in wanted:
        if path.exists():
            raise ConfigError(OPTION, "is there already, and is left as it is", path)
    for path, draw in wanted.items():
        # Without the date, equal results give equal files.
        metadata = {"Date": None} if path.suffix == ".svg" else None
        draw().savefig(path, dpi=DPI, metadata=metadata)
    return list(wanted)


def _list_pictures(results: Results) -> list[tuple[str, Draw]]:
    """Return the pictures for which there is something to show: name, and what draws it."""
    pictures: list[tuple[str, Draw]] = []
    if results.metrics:
        pictures.append(("runs", lambda: draw_runs(results)))
    strips = [number for number, runs in enumerate(results.table["runs"]) if runs > 0]
    for number in strips[:MOST_STRIPS]:
        name = f"strip_{results.table['configuration'].iloc[number]}"
        if any(name == known for known, _ in pictures):
            name = f"{name}_{number}"  # one id can stand under other overrides too
        pictures.append((name, _bind_strip(results, number)))
    if results.attribution is not None and results.metrics:
        pictures.append(("sources", lambda: draw_sources(results)))
    return pictures


def _bind_strip(results: Results, number: int) -> Draw:
    return lambda: draw_strip(results, number)
