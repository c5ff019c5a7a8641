"""`audit`: run a training script as it is, several times, and say what varies and why."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from runner.errors import ConfigError
from runner.execute.one_line import Terminated

SCRIPT_SETTINGS = {"allow_interspersed_args": False, "ignore_unknown_options": False}
"""Settings of the command: what comes behind the script's name is for the script."""


def audit(
    script: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SCRIPT [ARGUMENTS]",
            help="A Python file, a notebook, or with -m a module; then its own arguments.",
        ),
    ] = None,
    module: Annotated[
        bool, typer.Option("-m", help="SCRIPT names a module, as python -m does.")
    ] = False,
    replicates: Annotated[int, typer.Option(min=2, help="Runs of the script.")] = 5,
    seed: Annotated[
        str, typer.Option(help="Seed strategies, such as unset,fixed: unset leaves it as it is.")
    ] = "unset",
    builds: Annotated[
        int, typer.Option(min=1, help="Times the script is run in one process, as a notebook is.")
    ] = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Runs at the same time; one a core by default.")
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=A,B", help="Run the script with --NAME A, and with --NAME B."),
    ] = None,
    outputs: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A file that the script writes, or a variable of it."),
    ] = None,
    respect_seeds: Annotated[
        bool, typer.Option(help="Leave the seeds that the script sets itself in force.")
    ] = True,
    shuffle_listings: Annotated[
        bool,
        typer.Option(
            "--shuffle-listings", help="List the names in directories in another order in each run."
        ),
    ] = False,
    override: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="KEY=VALUE", help="Any other override of the config."),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="Also print what one run did: seeds, draws and stages, in order."
        ),
    ] = False,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix", help="Also find the smallest change that makes runs repeat, by trying."
        ),
    ] = False,
    write: Annotated[
        bool,
        typer.Option("--write", help="With --fix: also leave the change as a patch, and try it."),
    ] = False,
) -> int:
    """Run a training script as it is, several times, and say what varies and by which line.

    Nothing in the script changes. Each run works in a copy of the current directory.
    Typing the name of the script is the trust in it.

    Exit status: 0 if all runs succeeded; 1 if some failed; 2 if the command is wrong.
    """
    from runner.sweep.script_sweep import AuditedScript, choose_directory, make_arguments

    if not script:
        hint = "See python -m runner audit --help"
        raise ConfigError("audit", "must name a script", "nothing", hint)
    if write and not fix:
        raise ConfigError("--write", "needs --fix", "--write")
    if fix and (vary or "," in seed):
        raise ConfigError("--fix", "looks at one configuration only", " ".join(vary or [seed]))
    audited = AuditedScript.find(script[0], tuple(script[1:]), module=module)
    directory = Path(choose_directory(override or []))
    named = [name for each in outputs or [] for name in each.split(",")]
    settings = [
        f"replicates={replicates}",
        f"builds={builds}",
        *([] if workers is None else [f"workers={workers}"]),
        *([] if respect_seeds else ["task.respect_seeds=false"]),
        *(["task.listing=shuffled"] if shuffle_listings else []),
        *(each for each in override or [] if not each.startswith("hydra.sweep.dir=")),
    ]

    def run(
        further: Sequence[str], where: Path, *, quiet: bool = True, started_in: Path | None = None
    ) -> int:
        given = [*settings, *further]
        arguments = make_arguments(audited, given, vary or [], named, str(where))
        return start_sweep(arguments, quiet=quiet, started_in=started_in)

    status = run([f"seed={seed}"], directory, quiet=False)
    if not directory.is_dir() or status > 128:  # nothing began, or a signal ended it
        return status
    if explain:
        from runner.report.timelines import print_timeline

        print_timeline(directory)
    if fix:
        from runner.remedy.fix_report import print_fix

        print_fix(directory, run, seed, audited.path if write else None)
    return status


def start_sweep(arguments: Sequence[str], *, quiet: bool, started_in: Path | None = None) -> int:
    """Run a sweep in a process of its own, and return its exit status.

    Args:
        arguments: of the command line.
        quiet: whether what it prints is dropped.
        started_in: directory in which it is started; None: the current one.
    """
    from runner.commands.exit_status import original_environment
    from runner.report.live import submission

    # -P: a module called runner in the current directory must not be run.
    command = [sys.executable, "-P", "-m", "runner", *arguments]
    where = subprocess.DEVNULL if quiet else None
    told = {} if quiet else submission.hand_on()
    process = subprocess.Popen(
        command,
        stdout=where,
        stderr=where,
        cwd=started_in,
        env=original_environment() | told,
        pass_fds=[int(each) for each in told.values()],
        start_new_session=True,  # Ctrl-C reaches it once, from here
    )
    try:
        return process.wait()
    except KeyboardInterrupt as interrupt:  # or SIGTERM: it saves what is done, and says so
        asked = signal.SIGTERM if isinstance(interrupt, Terminated) else signal.SIGINT
        process.send_signal(asked)
        status = process.wait()
        if quiet:
            raise
        return status
