"""`resume`: finish an interrupted sweep."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from runner.errors import ConfigError


def resume(
    path: Annotated[Path, typer.Argument(help="Directory of a sweep, such as outputs/DATE/TIME.")],
    accept_change: Annotated[
        bool, typer.Option(help="Go on although the config, code, versions or flags changed.")
    ] = False,
) -> None:
    """Make the runs of a sweep that are missing, failed or damaged, and its table."""
    from runner.guard import restart
    from runner.manifest import read_manifest

    manifest = read_manifest(path)
    directory = path.absolute()
    if not Path(manifest.started_in).is_dir():
        rule = "the directory that it was started in is gone"
        raise ConfigError("resume", rule, manifest.started_in)
    os.chdir(manifest.started_in)
    # The directory may have another name by now; it is given below.
    command = [each for each in manifest.command if not each.startswith("hydra.sweep.dir=")]
    # Beside the other overrides, which no option may part.
    places = (i for i, each in enumerate(command) if each in manifest.overrides)
    place = next(places, 0)
    added = [f"resume={_quoted(directory)}", f"accept_change={str(accept_change).lower()}"]
    restart([*command[:place], *added, *command[place:]])


def _quoted(path: Path) -> str:
    from hydra.core.override_parser.types import Quote, QuotedString

    return QuotedString(str(path), Quote.single).with_quotes()
