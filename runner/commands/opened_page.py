"""Opens a page in the browser of whoever runs a command."""

from __future__ import annotations

import sys
from pathlib import Path


def open_page(path: Path) -> None:
    """Open a page in the browser, and say where it is.

    That goes to standard error, because standard output may be JSON for a program.
    """
    import webbrowser

    try:
        opened = webbrowser.open(path.resolve().as_uri())
    except webbrowser.Error:
        opened = False
    said = "Opened" if opened else "No browser could be opened here; the page is"
    print(f"{said} {path}", file=sys.stderr)


def announce_page(path: Path) -> None:
    """Say on standard error where a page was written."""
    print(f"Page: {path}", file=sys.stderr)
