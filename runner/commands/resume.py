"""`resume`: finish an interrupted sweep."""

from __future__ import annotations

import os
import shlex
from pathlib import Path, PurePath
from typing import Annotated

import typer

from runner.errors import ConfigError
from runner.trust.names import OPTION, is_trusted, trusted

LAUNCHER = ("hydra/launcher=", "hydra.launcher.")
"""Beginnings of the overrides that say what carries the runs to where they are made."""

STOP_AT = "stop_at="
"""Beginning of the override with which runs that were ended where they part are made whole."""


def resume(
    path: Annotated[Path, typer.Argument(help="Directory of a sweep, such as outputs/DATE/TIME.")],
    launcher: Annotated[
        list[str] | None,
        typer.Argument(
            help="What carries the runs now, such as hydra/launcher=joblib, or stop_at=never."
        ),
    ] = None,
    accept_change: Annotated[
        bool,
        typer.Option(help="Continue even if the config, code, versions or flags have changed."),
    ] = False,
) -> None:
    """Run what a sweep is missing, also failed and damaged runs, and rebuild its table.

    Of a sweep over another Hydra application, say which command does this.
    """
    from runner.commands.exit_status import restart
    from runner.config.overrides import quote_value
    from runner.plan.application_plan import write_resuming_command
    from runner.plan.manifest import read_manifest

    manifest = read_manifest(path)
    if manifest.application:
        rule = "is a sweep over another application, which only that one can run"
        typed = write_resuming_command(manifest, path)
        raise ConfigError("resume", rule, path, f"Type: {typed}")
    if manifest.command[:1] == ["decide"]:
        typed = shlex.join(["python", "-m", "runner", *manifest.command])
        raise ConfigError("resume", "is a round of a decision", path, f"Type: {typed}")
    directory = path.absolute()
    _enter(manifest.started_in)
    # The directory may have been renamed since; its present name is given below.
    command = [each for each in manifest.command if not each.startswith("hydra.sweep.dir=")]
    carrying = [each for each in command if each.startswith(LAUNCHER)]
    stopping = [each for each in launcher or [] if each.startswith(STOP_AT)]
    given = _check_launcher([e for e in launcher or [] if e not in stopping], carrying, path)
    if given:
        command = [each for each in command if each not in carrying]
    if stopping:
        command = [each for each in command if not each.startswith(STOP_AT)]
    # Put next to the other overrides, because no option may stand between overrides.
    positions = (i for i, each in enumerate(command) if each in manifest.overrides)
    position = next(positions, 0)
    added = [f"resume={quote_value(str(directory))}", f"accept_change={str(accept_change).lower()}"]
    added += [*given, *stopping]
    restart([*command[:position], *added, *command[position:]])


def _check_launcher(given: list[str], planned: list[str], path: Path) -> list[str]:
    """Return the overrides of the launcher that were typed.

    Raises:
        ConfigError: Something else was typed, or nothing although the plan names a launcher. The
            plan may come from a stranger, who could have runs made anywhere.
    """
    for each in given:
        if not each.startswith(LAUNCHER):
            rule = "goes on with the plan, and takes only what carries the runs, and stop_at"
            raise ConfigError("resume", rule, each, "Such as hydra/launcher=joblib")
    if planned and not given and not is_trusted("hydra"):
        again = shlex.join(["python", "-m", "runner", "resume", str(path), *planned])
        rule = "was carried by a launcher that was typed, and must be typed again"
        raise ConfigError("resume", rule, path, f"Type: {again}")
    return given


def _enter(directory: str) -> None:
    """Change to the directory that a sweep was started in, which holds its files and modules.

    Raises:
        ConfigError: The directory is gone, or it is neither the current directory nor trusted. The
            plan may come from a stranger, who could name any directory.
    """
    if not Path(directory).is_dir():
        raise ConfigError(
            "resume", "the directory in which the sweep was started no longer exists", directory
        )
    whole = os.path.realpath(directory)
    allowed = (os.path.realpath(name) for name in trusted() if os.sep in name)
    if whole != os.path.realpath(".") and not any(map(PurePath(whole).is_relative_to, allowed)):
        hint = f"Go there first, or run with {OPTION} {whole}{os.sep} if it is yours"
        raise ConfigError("resume", "was started in another directory", directory, hint)
    os.chdir(directory)
