"""Rules over composed configs, and previews: what can be told before anything runs.

In: composed configs, and the YAML files that they are made of.
Out: findings with their place, and previews.
Never: imports, instantiates or runs what a config names.
"""

from __future__ import annotations

from omegaconf import DictConfig

from runner.config.schema import Kind
from runner.lint.rule import Finding, Severity
from runner.lint.table import RULES
from runner.static.facts import ConfigFacts

__all__ = ["Finding", "Severity", "lint"]


def lint(cfg: DictConfig | ConfigFacts) -> list[Finding]:
    """Apply every rule to a valid config, in the order of their codes.

    Of training code that is not declared only what any task shares is looked at. Nothing is
    imported or instantiated: what a callable of yours does stays unknown, and so do
    the rows of its data unless the config says how many there are.
    """
    subject = cfg if isinstance(cfg, ConfigFacts) else ConfigFacts.of(cfg)
    declared = subject.config.task.kind is Kind.keras
    rules = [rule for rule in RULES if declared or rule.any_task]
    return [finding for rule in rules for finding in rule.find(subject)]
