"""Settings of the site: `make site` builds it with Sphinx from the pages in this directory."""

from __future__ import annotations

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "runner"
html_title = "runner"
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_copy_source = False
html_show_copyright = False
pygments_style = "friendly"
# Indented blocks hold commands, tables and YAML; none of them is Python unless a fence says so.
highlight_language = "none"


def setup(app: Sphinx) -> None:
    """Show tables, and pictures in Mermaid, as text: a script to draw them would be a request."""
    app.add_lexer("mermaid", TextLexer)
    app.add_lexer("csv", TextLexer)
