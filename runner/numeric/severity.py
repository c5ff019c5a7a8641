"""Defines how bad a finding is, for the rules of the lint and those of measured results."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """The severities of findings, worst first."""

    error = "error"
    """There will be no result, or none that means anything."""
    warning = "warning"
    """The result is likely not what was meant."""
    info = "info"
    """The finding matters when the result is interpreted."""

    @property
    def rank(self) -> int:
        """Return the rank of the severity, 0 for the worst."""
        return list(Severity).index(self)
