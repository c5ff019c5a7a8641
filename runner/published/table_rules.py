"""Defines the table of rules for published tables, which alone gives a rule its code."""

from __future__ import annotations

from runner.numeric.severity import Severity
from runner.published.rules.impossible_mean import impossible_mean
from runner.published.rules.unvarying_runs import unvarying_runs
from runner.published.table_rule import AuditedTable, TableFinding, TableRule

SUBJECTS = {
    "TAB1": "Variation",
    "TAB2": "Arithmetic",
    "TAB3": "Copies",
    "TAB4": "Form",
    "TAB5": "Two tables",
}
"""Prefix of codes to the subject of their rules."""

RULES = (
    TableRule("TAB101", Severity.warning, unvarying_runs),
    TableRule("TAB201", Severity.warning, impossible_mean),
)
"""All rules, in the order of their codes. A code is never reused for another rule."""


def find_table_findings(audited: AuditedTable) -> list[TableFinding]:
    """Return what the rules see in a table, worst first."""
    found = [TableFinding(rule, each) for rule in RULES for each in rule.check(audited)]
    return sorted(found, key=lambda each: (each.rule.severity.rank, each.rule.code))
