"""What the rules of the lint, of measured results and of published tables have in common."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


class DocumentedRule:
    """A rule that has the name of its check, and the check's docstring as documentation."""

    check: Callable[..., Any]

    @property
    def name(self) -> str:
        """Return the name of the pattern, in words joined by dashes."""
        return self.check.__name__.replace("_", "-")

    @property
    def documentation(self) -> str:
        """Return the docstring of the check, without its indentation."""
        return inspect.cleandoc(self.check.__doc__ or "")

    @property
    def summary(self) -> str:
        """Return the first line of the documentation."""
        return self.documentation.partition("\n")[0]

    def section(self, heading: str) -> str:
        """Return a section of the documentation in one line; empty if there is none."""
        text = self.documentation.partition(f"## {heading}\n")[2].partition("\n## ")[0]
        return " ".join(text.split())
