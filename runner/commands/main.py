"""The command line: `python -m runner [OVERRIDES] [-m]`, or `python -m runner COMMAND`."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from runner.config import help, schema
from runner.config.hydra_errors import check_options
from runner.config.loader import OUTPUT_ROOT, guard_loading
from runner.config.overrides import lengthen_keys
from runner.errors import ConfigError, RunFailed, RunnerError
from runner.processes import keep_warm
from runner.text import strip_control_characters
from runner.trust.command_line import is_remembered, remember
from runner.trust.importer import PLUGINS, find_modules_in
from runner.trust.names import ask_trust, is_trusted, take_option
from runner.trust.secrets import watch_environment


def dispatch() -> None:
    """Run a command if the first argument is a bare word, which no Hydra override can be.

    Its parts may be joined by dashes.
    """
    if not is_remembered():  # a command may have replaced the arguments that were typed
        typed = keep_warm.take_option(take_option(sys.argv[1:]))
        # What follows the name of a script are the script's own words.
        sys.argv[1:] = typed if typed[:1] == ["audit"] else lengthen_keys(typed)
        remember(sys.argv[1:])
    watch_environment()
    guard_loading()
    find_modules_here()
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    if not first.startswith("-") and first.replace("-", "_").isidentifier():
        from runner.commands.app import run_command

        run_command()
    else:
        run_hydra()


def find_modules_here() -> None:
    """Let configs import trusted modules from the current directory, without shadowing others.

    Raises:
        ConfigError: The directory holds Hydra plugins, which would run before any check.
    """
    here = os.getcwd()
    plugins = Path(here, PLUGINS)
    own = plugins.exists() and plugins.samefile(schema.HERE.parent / PLUGINS)
    if plugins.is_dir() and not own and not is_trusted(PLUGINS):
        rule = "the current directory has code that would run at once"
        raise ConfigError(PLUGINS, rule, plugins, ask_trust(PLUGINS))
    # `python -m` has put the directory first, where a module in it could shadow Keras.
    if sys.path[:1] in ([""], [here]):
        del sys.path[0]
    find_modules_in(here)


def run_hydra() -> None:
    """Hand a command line without a command to Hydra."""
    schema.register()
    help.register()
    check_options(sys.argv[1:])
    if Path(OUTPUT_ROOT).is_symlink():  # a repository may contain such a link
        print(
            strip_control_characters(f"{OUTPUT_ROOT} is a link to {Path(OUTPUT_ROOT).resolve()}"),
            file=sys.stderr,
        )
    if {"--help", "-h"} & {*sys.argv[1:]}:
        _print_help()
        return
    from runner.sweep.prepare_run import DryRun  # a help text need not wait for NumPy

    try:
        main()
    except DryRun as dry:
        from runner.report.dry_run import print_previews

        print_previews([dry.preview], repeated=False)


def _print_help() -> None:
    """Wrap what Hydra prints for --help, which it does not fit to the terminal."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            main()
    finally:
        print(help.wrap_lines(printed.getvalue()))


@hydra.main(version_base="1.3", config_path=str(schema.CONF), config_name="config")
def main(cfg: DictConfig) -> None:
    """Execute one run, in this process if it was made for it, otherwise in a new interpreter."""
    if cfg.dry_run:
        raise ConfigError("dry_run", "needs hydra/sweeper=runner with -m", "true")
    # A warm parent has imported both, for its children: see runner.execute.opened_pool.RUN_MODULE.
    from runner.execute.single_run import run_current_job
    from runner.processes.job_process import in_worker

    if in_worker():
        run_current_job(cfg)
        return
    from runner.config.validate import validate

    validate(cfg)  # sweepers other than ours do not validate
    if HydraConfig.get().mode is RunMode.RUN:
        _run_and_print(cfg)
    else:
        run_current_job(cfg)


def _run_and_print(cfg: DictConfig) -> None:
    from runner.execute.single_run import find_run_place, run_alone
    from runner.record.record import LOG
    from runner.report.sweep_summary import print_record

    place = find_run_place(cfg)
    try:
        print_record(run_alone(cfg, place), place.directory)
    except RunnerError as error:
        # Printed here, because Hydra would print more than one line for an exception.
        see = f" (see {place.directory / LOG})" if isinstance(error, RunFailed) else ""
        print(strip_control_characters(f"failed: {error}{see}"), file=sys.stderr)
        sys.exit(1)
