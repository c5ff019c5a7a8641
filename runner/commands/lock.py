"""`lock`: write what a sweep measured to a file to commit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runner.errors import ConfigError
from runner.text import plural

LOCK = Path("runner.lock.yaml")


def lock(
    path: Annotated[
        Path, typer.Argument(metavar="DIR", help="Directory of a sweep whose runs all succeeded.")
    ],
    output: Annotated[Path, typer.Option(help="The file to write.")] = LOCK,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write what a sweep measured to a file, which `check` later compares with new runs."""
    from runner.compare.lock import make_lock
    from runner.compare.lock_yaml import format_lock
    from runner.record.store import write_atomically

    if output.exists() and not force:
        raise ConfigError("--output", "is there already", output, "Add --force to replace it")
    if not output.parent.is_dir():
        raise ConfigError("--output", "its directory does not exist", output)
    made = make_lock(path, output.parent)
    try:
        write_atomically(output, format_lock(made).encode())
    except OSError as error:
        raise ConfigError("--output", f"cannot be written ({error.strerror})", output) from None
    runs = sum(each.replicates + each.replays for each in made.configurations)
    print(f"{output}: {plural(len(made.configurations), 'configuration')}, {runs} runs")
    for name in made.unseeded:
        print(f"nothing was seeded, so that a check compares the verdict only: {name}")
