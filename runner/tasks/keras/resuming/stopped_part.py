"""What an interrupted process leaves for the one that goes on, besides the checkpoint."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from runner.errors import ConfigError
from runner.record.fields import build
from runner.tasks.keras.evaluations import Evaluation
from runner.tasks.keras.resuming.training_state import StatePart

FILE = "interrupted.json"
"""Name of the file in the directory of a run."""


@dataclass(frozen=True)
class StoppedPart:
    """The part of a training before its interruption, for what is measured after it.

    No training reads it: what a resumed training knows is in the checkpoint.
    """

    reached: bool
    """Whether the training was interrupted; else it ended before, for example by a callback."""
    kept: str
    """Name of the kind of checkpoint."""
    by_steps: bool = False
    """Whether checkpoints are written in the middle of epochs."""
    progress: str = ""
    """Digest of weights and optimizer at the interruption."""
    states: dict[str, list[StatePart]] = field(default_factory=dict)
    """Epoch to the state in which it began."""
    steps: dict[str, int] = field(default_factory=dict)
    """Epoch to the steps that the optimizer had counted when it began."""
    evaluations: list[Evaluation] = field(default_factory=list)
    """Evaluations before the interruption."""

    def write(self, directory: Path) -> None:
        """Write it into the directory of its run."""
        (directory / FILE).write_text(json.dumps(asdict(self)), "utf-8")


def read_stopped(directory: Path) -> StoppedPart:
    """Read what the process before left in the directory of a run.

    Raises:
        ConfigError: there was no such process.
    """
    try:
        return build(StoppedPart, json.loads((directory / FILE).read_text("utf-8")))
    except FileNotFoundError:
        rule = "needs hydra/launcher=runner, which starts a process for each part of a training"
        raise ConfigError("resumes", rule) from None
