"""What was found in each configuration, with where it was set and without what is silenced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.lint import lint
from runner.lint.places import YamlPlace
from runner.lint.rule import Finding, Severity
from runner.lint.targets import LintTarget


@dataclass(frozen=True)
class Located:
    """A finding and where its key was set."""

    finding: Finding
    place: YamlPlace | None
    """None: on the command line, or nowhere, as a default of the schema."""


@dataclass(frozen=True)
class Report:
    """What was found in one configuration."""

    label: str
    found: tuple[Located, ...]
    silenced: int
    """Findings that comments silence."""


def report_on(target: LintTarget) -> Report:
    """Apply the rules to a configuration, and leave out what comments silence."""
    known = set() if target.base is None else set(lint(target.base))
    findings = [each for each in lint(target.configuration.cfg) if each not in known]
    places = target.places
    kept = [each for each in findings if not places.silence(each.code, each.key)]
    located = tuple(Located(each, places.find(each.key)) for each in kept)
    return Report(target.label, located, len(findings) - len(kept))


def count(reports: Sequence[Report]) -> dict[Severity, int]:
    """How many findings there are of each severity, worst first."""
    found = [located.finding.severity for report in reports for located in report.found]
    return {severity: found.count(severity) for severity in Severity}


def reaches(reports: Sequence[Report], threshold: Severity) -> bool:
    """Whether any finding is as bad as the threshold or worse."""
    return any(number and s.rank <= threshold.rank for s, number in count(reports).items())
