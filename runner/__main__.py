"""`python -m runner`: hands the command line to `runner.commands.main`."""

from __future__ import annotations

from runner.commands.exit_status import run_with_exit_status
from runner.commands.main import dispatch


def cli() -> None:
    """Run the command line, and leave with its exit status."""
    run_with_exit_status(dispatch)


if __name__ == "__main__":
    cli()
