"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from runner.static.facts import ConfigFacts

Seen = Iterator[tuple[str, str]]
"""Dotted key and message, for each place where a rule's pattern was seen."""


class Severity(StrEnum):
    """How bad a finding is, worst first."""

    error = "error"
    """No result can come of it, or none that means anything."""
    warning = "warning"
    """The result is likely not what was meant."""
    info = "info"
    """Worth knowing when the result is read."""

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class Finding:
    """A rule's pattern, seen in a configuration."""

    code: str
    name: str
    """Of the rule: the bad pattern."""
    severity: Severity
    key: str
    """Dotted config key that it is about, such as `model.layers[1].units`."""
    message: str
    """One line: what was seen, why it matters, what to use."""


@dataclass(frozen=True)
class Rule:
    """A row of the table of rules."""

    code: str
    severity: Severity
    check: Callable[[ConfigFacts], Seen]
    """Its name is the rule's, its docstring is the rule's documentation."""

    any_task: bool = False
    """Whether it is also about training code that the config does not declare."""

    @property
    def name(self) -> str:
        """The bad pattern, in words joined by dashes."""
        return self.check.__name__.replace("_", "-")

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return (self.check.__doc__ or "").partition("\n")[0]

    def find(self, subject: ConfigFacts) -> Iterator[Finding]:
        """Yield what the rule finds in a configuration."""
        for key, message in self.check(subject):
            yield Finding(self.code, self.name, self.severity, key, message)
