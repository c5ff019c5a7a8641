"""Makes the figures that pictures are drawn on, in colours that colour-blind people tell apart."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING, Any

from runner.pictures.extras import import_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FAINT = "#222222", "#8a8a8a"
"""Of text, and of what matters less."""

DOT, MEAN, PUBLISHED = "#0072B2", "#222222", "#D55E00"
"""Of a run, of the mean with its interval, and of a published value (Okabe and Ito's colours)."""

DIGESTS = ("#DCE6EE", "#E69F00", "#0072B2", "#F0E442", "#009E73", "#56B4E9", "#D55E00", "#CC79A7")
"""Of the first, second, ... digest of a stage; further ones begin again. Letters tell all apart."""

DPI = 150
"""Dots per inch of a picture as PNG."""


@functools.cache
def _make_kind() -> Any:
    """Return a class of figures that a notebook shows without matplotlib's own set-up."""
    figures = import_extra("matplotlib.figure", "plot", "plot")

    class Picture(figures.Figure):  # type: ignore[misc, name-defined]
        """A figure that knows no window; nothing of it stays in matplotlib's global state."""

        def _repr_png_(self) -> bytes:
            written = io.BytesIO()
            self.savefig(written, format="png", dpi=DPI)
            return written.getvalue()

    return Picture


def make_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of a size in inches, with one pair of axes that leaves room for its labels.

    Raises:
        ConfigError: matplotlib is not installed.
    """
    figure = _make_kind()(figsize=(width, height), layout="constrained", facecolor="white")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK, labelsize=9)
    return figure, axes


def escape_text(text: str) -> str:
    """Return a text in which no dollar begins a formula."""
    return text.replace("$", r"\$")
