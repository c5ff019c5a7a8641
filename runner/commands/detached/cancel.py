"""`cancel`: end a sweep that runs, and keep what is done."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from runner.errors import ConfigError, RunnerError
from runner.text import resuming_command, strip_control_characters

PATIENCE_S = 60.0
"""How long a sweep may take to end its runs and to save what is done."""


def cancel(
    path: Annotated[Path, typer.Argument(help="Directory of a sweep, such as outputs/DATE/TIME.")],
) -> None:
    """End a sweep that runs on this machine, however it was started; what is done is saved.

    Exit status: 0 if it has ended; 1 if it does not end; 2 if nothing runs there.
    """
    from runner.commands.detached.planned_sweep import read_planned
    from runner.record.directories import is_locked, read_holder

    read_planned("cancel", path)
    holder = read_holder(path)
    if holder is None:
        raise ConfigError("cancel", "no program runs this sweep", path)
    if not holder.is_here:
        rule = f"runs on another machine, {holder.host}; cancel it there"
        raise ConfigError("cancel", rule, path)
    # Whoever holds the lock wrote its number, and lives: the number is no other process's.
    with contextlib.suppress(ProcessLookupError):
        os.kill(holder.pid, signal.SIGTERM)
    deadline_s = time.monotonic() + PATIENCE_S
    while is_locked(path) and time.monotonic() < deadline_s:
        time.sleep(0.05)
    if is_locked(path):
        raise RunnerError(f"{path}: process {holder.pid} has not ended after {PATIENCE_S:.0f} s")
    standing = read_planned("cancel", path)
    print(
        strip_control_characters(
            f"Cancelled: {standing.done} of {standing.planned} runs are done. To go on:"
            f" {resuming_command(str(path), standing.scripts)}"
        )
    )
