"""Checks of what a config says of trainings that are interrupted and resumed."""

from __future__ import annotations

from typing import Any

from runner.config.schema import Checkpoint, Config
from runner.config.task_kinds import TASKS
from runner.errors import ConfigError

BACKUP = "BackupAndRestore"


def check_resumes(cfg: Config) -> None:
    """Check the epochs with which trainings are resumed, and the checkpoint from which they are.

    Raises:
        ConfigError: a training cannot be resumed like this, or a checkpoint has no use.
    """
    kept = cfg.train.checkpoint
    if not cfg.resumes:
        if kept is not Checkpoint.backup:
            raise ConfigError(
                "train.checkpoint", "is only used with resumes", kept.name, "Such as resumes=[1]"
            )
        return
    if TASKS[cfg.task.kind].resuming is None:
        known = " or ".join(kind.name for kind, each in TASKS.items() if each.resuming)
        raise ConfigError("resumes", f"needs task={known}", list(cfg.resumes))
    _check_epochs(cfg.resumes, cfg.train)
    for index, node in enumerate(cfg.train.callbacks):
        if kept is not Checkpoint.backup and str(node.get("_target_", "")).endswith(f".{BACKUP}"):
            rule = f"is {BACKUP}, which restores its own checkpoint over train.checkpoint"
            raise ConfigError(f"train.callbacks[{index}]", rule, f"checkpoint={kept.name}")


def _check_epochs(resumes: Any, train: Any) -> None:
    each = train.steps_per_epoch
    last = train.epochs if train.steps is None else train.steps // (each or train.steps)
    first = train.initial_epoch + 1
    if first >= last:
        why = "train.steps is one epoch" if train.steps is not None and each is None else None
        rule = f"needs two epochs of training; there {'is' if last == 1 else 'are'} {last}"
        hint = f"{why}: give train.steps_per_epoch" if why else None
        raise ConfigError("resumes", rule, list(resumes), hint)
    for epoch in resumes:
        if not first <= epoch < last:
            rule = f"must be epochs from {first} to {last - 1}, with which training goes on"
            raise ConfigError("resumes", rule, epoch, f"Epochs count from 0, of {last}")
