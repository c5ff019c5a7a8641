"""Makes one self-contained HTML file from a template, styles, scripts and contents."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FILES = Path(__file__).parent / "static"
"""Where templates, styles and scripts lie."""

STYLE = "page.css"

GENERATOR, BEGINNING = b'<meta name="generator" content="runner">', 2_048
"""What every page says of itself, and the number of bytes at its beginning in which it does."""

EVERYWHERE = ("elements.js", "address.js", "table.js")
"""The scripts that all pages have, before their own."""


def write_page(template: str, scripts: Sequence[str], contents: Mapping[str, Any]) -> str:
    """Return a page as HTML.

    Nothing in it is loaded from elsewhere: its policy allows only the one style and the one script
    that are part of it, told by their digests.

    Args:
        template: the name of the template's file.
        scripts: the names of the page's own scripts.
        contents: what it shows, as JSON can hold it; the template can use it too.
    """
    import jinja2  # takes 50 ms, and is needed by nobody who only runs a sweep's job

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FILES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    style = _read(STYLE)
    script = '"use strict";\n' + "\n".join(map(_read, (*EVERYWHERE, *scripts)))
    return environment.get_template(template).render(
        contents=contents,
        style=style,
        script=script,
        style_digest=_digest(style),
        script_digest=_digest(script),
        data=embed(contents),
    )


def is_page(path: Path) -> bool:
    """Return whether a file is a page that was written by this tool.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return GENERATOR in file.read(BEGINNING)


def embed(contents: Mapping[str, Any]) -> str:
    """Return contents as JSON that cannot end the element in which it stands."""
    text = json.dumps(contents, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _read(name: str) -> str:
    return (FILES / name).read_text("utf-8")


def _digest(text: str) -> str:
    """Return the digest by which a policy names a style or a script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
