"""Defines rules and their findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from runner.numeric.documented_rule import DocumentedRule
from runner.numeric.severity import Severity
from runner.static.facts import ConfigFacts

Seen = Iterator[tuple[str, str]]
"""Pairs of dotted key and message, one for each place where the pattern of a rule was seen."""


@dataclass(frozen=True)
class Finding:
    """The pattern of a rule, seen in a configuration."""

    code: str
    name: str
    """Name of the rule, which is that of the bad pattern."""
    severity: Severity
    key: str
    """Dotted config key at fault, such as `model.layers[1].units`."""
    message: str
    """One line that says what was seen, why it matters and what to use instead."""


@dataclass(frozen=True)
class Rule(DocumentedRule):
    """A rule, as a row of the table of rules."""

    code: str
    severity: Severity
    check: Callable[[ConfigFacts], Seen]
    """The function that yields what the rule sees. The rule has its name, and its docstring as
    documentation."""
    any_task: bool = False
    """Whether the rule also applies to training code that the config does not declare."""

    def find(self, subject: ConfigFacts) -> Iterator[Finding]:
        """Yield the findings of the rule in a configuration."""
        for key, message in self.check(subject):
            yield Finding(self.code, self.name, self.severity, key, message)
