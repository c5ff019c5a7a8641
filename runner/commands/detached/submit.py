"""`submit`: start a sweep that goes on without this terminal."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from runner.config.loader import OUTPUT_ROOT
from runner.errors import ConfigError, nearest
from runner.report.live import submission
from runner.text import plural, strip_control_characters

LOG = "submit.log"
"""Name of the file in the sweep's directory with what the sweep prints."""

SWEEPING = ("audit", "resume")
"""Commands that make a sweep, and so can be submitted."""

SUBMIT_SETTINGS = {"allow_interspersed_args": False, "ignore_unknown_options": True}
"""Settings of the command: all that follows is of what is submitted."""


def submit(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="OVERRIDES | audit SCRIPT | resume DIR",
            help="What would follow `python -m runner`; -m need not be given.",
        ),
    ] = None,
) -> None:
    """Start a sweep in a process of its own, print its directory, and leave.

    It is checked before this command ends, as ever. Exit status: 0 if the sweep has begun;
    otherwise that of the sweep.
    """
    from runner.commands.exit_status import original_environment

    given = _complete(arguments or [])
    made = not Path(OUTPUT_ROOT).exists()
    with contextlib.suppress(FileExistsError):
        Path(OUTPUT_ROOT).mkdir()
    log = Path(OUTPUT_ROOT, f".submit-{os.getpid()}-{time.time_ns()}.log")
    with log.open("xb") as printed:
        process, begun = _start(given, original_environment(), printed)
    if begun is not None:
        _announce(Path(begun.directory), begun.runs, log)
        return
    status = process.wait()
    text = log.read_text("utf-8", "replace")
    log.unlink()
    if made:
        with contextlib.suppress(OSError):  # the sweep may have written there
            Path(OUTPUT_ROOT).rmdir()
    print(strip_control_characters(text), end="", file=sys.stderr if status else sys.stdout)
    sys.exit(status)


def _complete(arguments: Sequence[str]) -> list[str]:
    """Return the arguments of the sweep's own command line.

    Raises:
        ConfigError: they make no sweep.
    """
    if not arguments:
        rule = "must be told what to run"
        raise ConfigError("submit", rule, "nothing", "Such as: submit seed=fixed,random")
    first = arguments[0]
    if first in SWEEPING:
        return list(arguments)
    if "=" not in first and not first.startswith(("-", "~", "+")):
        rule = f"takes overrides, or one of {', '.join(SWEEPING)}"
        raise ConfigError("submit", rule, first, nearest(first, SWEEPING))
    swept = {"-m", "--multirun"} & {*arguments}
    return [*arguments, *([] if swept else ["-m"])]


def _start(
    arguments: Sequence[str], environment: dict[str, str], printed: object
) -> tuple[subprocess.Popen[bytes], submission.Begun | None]:
    """Start the sweep, and wait until it has begun or ended.

    Returns:
        Its process, and where it has begun; None: it has not, and ends.
    """
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8", errors="surrogateescape") as told:
        try:
            process = subprocess.Popen(
                # -P: a module called runner in the current directory must not be run.
                [sys.executable, "-P", "-m", "runner", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=printed,  # type: ignore[call-overload]
                stderr=subprocess.STDOUT,
                env={**environment, submission.VARIABLE: str(writing)},
                pass_fds=(writing,),
                start_new_session=True,  # what ends this terminal does not reach it
            )
        finally:
            os.close(writing)
        try:
            line = told.readline()
        except BaseException:  # Ctrl-C: it has not begun, and nobody knows of it
            process.terminate()
            process.wait()
            raise
    return process, submission.read_line(line) if line else None


def _announce(directory: Path, runs: int, log: Path) -> None:
    """Put the log where the sweep is, and print what can be done from now on."""
    kept = directory / LOG
    number = 1
    while kept.exists():  # of an earlier submission that is gone on with
        number += 1
        kept = directory / f"submit-{number}.log"
    try:
        log.rename(kept)
    except OSError:  # the sweep's directory is on another file system
        kept = log
    shown = shlex.quote(os.path.relpath(directory))
    for line in (
        f"Submitted: {plural(runs, 'run')} in {shown}; what it prints is in"
        f" {os.path.relpath(kept)}.",
        f"How far it is: python -m runner status {shown}",
        f"Its table so far: python -m runner collect {shown}",
        f"To end it: python -m runner cancel {shown}",
    ):
        print(strip_control_characters(line))
