"""Static rules over a composed config: what can be told before anything runs."""

from __future__ import annotations

from omegaconf import DictConfig

from runner.lint.rule import Finding, Severity
from runner.lint.table import RULES
from runner.static.subject import Subject

__all__ = ["Finding", "Severity", "lint"]


def lint(cfg: DictConfig | Subject) -> list[Finding]:
    """Apply every rule to a valid config, in the order of their codes.

    Nothing is imported or instantiated: what a callable of yours does stays unknown, and so do
    the rows of its data unless the config says how many there are.
    """
    subject = cfg if isinstance(cfg, Subject) else Subject.of(cfg)
    return [finding for rule in RULES for finding in rule.find(subject)]
