"""Applies all rules for findings to a configuration."""

from __future__ import annotations

from runner.analysis.findings.finding_rule import Finding
from runner.analysis.findings.rule_table import RULES
from runner.analysis.findings.view import ConfigurationView
from runner.analysis.measurement import ConfigurationResult


def find_findings(measured: ConfigurationResult) -> list[Finding]:
    """Return the findings of a configuration, worst first; those that it ignores are marked."""
    view = ConfigurationView(measured)
    ignore = measured.configuration.ignore
    found = [
        Finding(rule, each, ignore.get(rule.code)) for rule in RULES for each in rule.check(view)
    ]
    return sorted(found, key=lambda each: (each.rule.severity.rank, each.rule.code))
