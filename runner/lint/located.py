"""Locates the findings in each configuration, and leaves out those that are silenced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.lint import lint
from runner.lint.places import YamlPlace
from runner.lint.rule import Finding
from runner.lint.targets import LintTarget
from runner.numeric.severity import Severity


@dataclass(frozen=True)
class LocatedFinding:
    """A finding, and where its key was set."""

    finding: Finding
    place: YamlPlace | None
    """File and line; None if the command line set the key, or it is a default of the schema."""


@dataclass(frozen=True)
class Report:
    """The findings in one configuration."""

    label: str
    """The overrides of the configuration, or its file."""
    found: tuple[LocatedFinding, ...]
    silenced: int
    """Number of findings that comments silence."""


def report_on(target: LintTarget) -> Report:
    """Apply the rules to a configuration, and leave out what comments silence."""
    known = set() if target.base is None else set(lint(target.base))
    findings = [each for each in lint(target.configuration.cfg) if each not in known]
    places = target.places
    kept = [each for each in findings if not places.silence(each.code, each.key)]
    located = tuple(LocatedFinding(each, places.find(each.key)) for each in kept)
    return Report(target.label, located, len(findings) - len(kept))


def count(reports: Sequence[Report]) -> dict[Severity, int]:
    """Return the number of findings of each severity, worst first."""
    severities = [located.finding.severity for report in reports for located in report.found]
    return {severity: severities.count(severity) for severity in Severity}


def reaches(reports: Sequence[Report], threshold: Severity) -> bool:
    """Return whether any finding is at least as bad as the threshold."""
    return any(number and s.rank <= threshold.rank for s, number in count(reports).items())
