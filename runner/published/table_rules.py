"""Defines the table of rules for published tables, which alone gives a rule its code."""

from __future__ import annotations

from runner.numeric.severity import Severity
from runner.published.rules.constant_data_set import constant_data_set
from runner.published.rules.constant_method import constant_method
from runner.published.rules.copied_data_sets import copied_data_sets
from runner.published.rules.copied_methods import copied_methods
from runner.published.rules.copied_runs import copied_runs
from runner.published.rules.disagreeing_tables import disagreeing_tables
from runner.published.rules.impossible_mean import impossible_mean
from runner.published.rules.impossible_sd import impossible_sd
from runner.published.rules.mixed_digits import mixed_digits
from runner.published.rules.mixed_divisors import mixed_divisors
from runner.published.rules.mixed_units import mixed_units
from runner.published.rules.never_varying_method import never_varying_method
from runner.published.rules.one_class_share import one_class_share
from runner.published.rules.repeated_values import repeated_values
from runner.published.rules.sd_beyond_range import sd_beyond_range
from runner.published.rules.unvarying_runs import unvarying_runs
from runner.published.rules.value_out_of_range import value_out_of_range
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
    TableRule("TAB102", Severity.info, never_varying_method),
    TableRule("TAB103", Severity.warning, one_class_share),
    TableRule("TAB104", Severity.warning, constant_method),
    TableRule("TAB105", Severity.warning, constant_data_set),
    TableRule("TAB106", Severity.warning, repeated_values),
    TableRule("TAB201", Severity.warning, impossible_mean),
    TableRule("TAB202", Severity.warning, impossible_sd),
    TableRule("TAB203", Severity.warning, mixed_divisors),
    TableRule("TAB204", Severity.error, sd_beyond_range),
    TableRule("TAB205", Severity.error, value_out_of_range),
    TableRule("TAB301", Severity.warning, copied_runs),
    TableRule("TAB302", Severity.warning, copied_methods),
    TableRule("TAB303", Severity.warning, copied_data_sets),
    TableRule("TAB401", Severity.warning, mixed_units),
    TableRule("TAB402", Severity.info, mixed_digits),
    TableRule("TAB501", Severity.warning, disagreeing_tables),
)
"""All rules, in the order of their codes. A code is never reused for another rule."""


def find_table_findings(audited: AuditedTable) -> list[TableFinding]:
    """Return what the rules see in a table, worst first."""
    found = [TableFinding(rule, each) for rule in RULES for each in rule.check(audited)]
    return sorted(found, key=lambda each: (each.rule.severity.rank, each.rule.code))
