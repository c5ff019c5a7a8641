"""Defines the rules that measured results are checked by, and what a rule yields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from runner.analysis.findings.view import ConfigurationView
from runner.numeric.documented_rule import DocumentedRule
from runner.numeric.severity import Severity
from runner.text import plural

SECTIONS = ("What it sees", "Why it matters", "What to change")
"""Sections of the docstring of every rule, in this order."""


class Certainty(StrEnum):
    """How sure a finding is."""

    certain = "certain"
    """The records prove it."""
    likely = "likely"
    """The records show the pattern, and nothing else is known that makes it."""
    possible = "possible"
    """The records show the pattern, which also has harmless causes."""


@dataclass(frozen=True)
class Observation:
    """What a rule saw at one place of a configuration."""

    where: str
    """A stage, layer, metric or part of the data, such as `augment/0` or `test`."""
    seen: str
    """A sentence that says what was seen, with its numbers."""
    change: str
    """A sentence that says what to change; empty where nobody can tell."""
    affected: int
    """How many runs or builds show it."""
    total: int
    """How many runs or builds could have shown it."""
    unit: str = "run"
    """What is counted: run or build."""

    @property
    def extent(self) -> str:
        """Return in how many runs or builds it was seen, such as `in 3 of 5 runs`."""
        return f"in {self.affected} of {plural(self.total, self.unit)}"


@dataclass(frozen=True)
class Rule(DocumentedRule):
    """A rule, as a row of the table of rules."""

    code: str
    severity: Severity
    certainty: Certainty
    check: Callable[[ConfigurationView], Iterator[Observation]]
    """The function that yields what the rule sees. The rule has its name, and its docstring as
    documentation."""

    @property
    def why(self) -> str:
        """Return the section of the documentation that says why the pattern matters."""
        return self.section(SECTIONS[1])


@dataclass(frozen=True)
class Finding:
    """What a rule saw in a configuration."""

    rule: Rule
    observation: Observation
    ignored: str | None = None
    """The reason for which the configuration expects it; None: it is not expected."""

    @property
    def text(self) -> str:
        """Return what was seen, why it matters and what to change, in one line."""
        seen = self.observation
        return " ".join(filter(None, [seen.seen, self.rule.why, seen.change]))
