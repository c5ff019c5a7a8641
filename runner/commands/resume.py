"""`resume`: finish an interrupted sweep."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import Annotated

import typer

from runner.errors import ConfigError
from runner.trust.names import OPTION, trusted


def resume(
    path: Annotated[Path, typer.Argument(help="Directory of a sweep, such as outputs/DATE/TIME.")],
    accept_change: Annotated[
        bool, typer.Option(help="Go on although the config, code, versions or flags changed.")
    ] = False,
) -> None:
    """Make the runs of a sweep that are missing, failed or damaged, and its table."""
    from runner.commands.exit_status import restart
    from runner.plan.manifest import read_manifest

    manifest = read_manifest(path)
    directory = path.absolute()
    _enter(manifest.started_in)
    # The directory may have another name by now; it is given below.
    command = [each for each in manifest.command if not each.startswith("hydra.sweep.dir=")]
    # Beside the other overrides, which no option may part.
    places = (i for i, each in enumerate(command) if each in manifest.overrides)
    place = next(places, 0)
    added = [f"resume={_quoted(directory)}", f"accept_change={str(accept_change).lower()}"]
    restart([*command[:place], *added, *command[place:]])


def _enter(place: str) -> None:
    """Go to the directory that a sweep was started in, where its files and modules are.

    Raises:
        ConfigError: it is gone, or another than this one and not trusted: the plan may be that of
            a stranger, who could name any.
    """
    if not Path(place).is_dir():
        raise ConfigError("resume", "the directory that it was started in is gone", place)
    whole = os.path.realpath(place)
    allowed = (os.path.realpath(name) for name in trusted() if os.sep in name)
    if whole != os.path.realpath(".") and not any(map(PurePath(whole).is_relative_to, allowed)):
        hint = f"Go there first, or run with {OPTION} {whole}{os.sep} if it is yours"
        raise ConfigError("resume", "was started in another directory", place, hint)
    os.chdir(place)


def _quoted(path: Path) -> str:
    from hydra.core.override_parser.types import Quote, QuotedString

    return QuotedString(str(path), Quote.single).with_quotes()
