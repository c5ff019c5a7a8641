"""Defines the table of rules for findings, which alone gives a rule its code."""

from __future__ import annotations

from runner.analysis.findings.rule import Certainty, Rule
from runner.analysis.findings.rules.continued_weights import continued_weights
from runner.analysis.findings.rules.repeated_augmentation import repeated_augmentation
from runner.numeric.severity import Severity

SUBJECTS = {
    "OBS1": "Randomness",
    "OBS2": "Data",
    "OBS3": "Model",
    "OBS4": "Metrics",
}
"""Prefix of codes to the subject of their rules."""

RULES = (
    Rule("OBS101", Severity.warning, Certainty.certain, repeated_augmentation),
    Rule("OBS102", Severity.warning, Certainty.certain, continued_weights),
)
"""All rules, in the order of their codes. A code is never reused for another rule."""
