"""Applies rules to composed configs, and previews runs, before anything runs.

In: composed configs, and the YAML files that they are made of.
Out: findings with file and line, and previews.
Never: imports, instantiates or runs what a config names.
"""

from __future__ import annotations

from omegaconf import DictConfig

from runner.config.task_kinds import TASKS
from runner.lint.rule import Finding
from runner.lint.table import RULES
from runner.numeric.severity import Severity
from runner.static.facts import ConfigFacts

__all__ = ["Finding", "Severity", "lint"]


def lint(cfg: DictConfig | ConfigFacts) -> list[Finding]:
    """Apply every rule to a valid config, in the order of their codes.

    If the config does not declare a Keras model, only the rules for any task apply. Nothing is
    imported or instantiated, so the rules know neither what a callable of the user's does, nor how
    many rows its data has unless the config says so.
    """
    subject = cfg if isinstance(cfg, ConfigFacts) else ConfigFacts.of(cfg)
    declared = TASKS[subject.config.task.kind].declared
    rules = [rule for rule in RULES if declared or rule.any_task]
    return [finding for rule in rules for finding in rule.find(subject)]
