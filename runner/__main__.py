"""The command line: `python -m runner [OVERRIDES] [-m]`, or `python -m runner COMMAND`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from runner import alone, help, schema, tasks
from runner.callbacks import DryRun
from runner.diagnose import check_options
from runner.errors import ConfigError, RunFailed, RunnerError
from runner.fork import in_worker
from runner.guard import guard
from runner.record import LOG
from runner.trust.loader import OUTPUTS, guard_loading
from runner.trust.modules import PLUGINS, find_modules_in
from runner.trust.names import ask_trust, is_trusted, take_option
from runner.trust.typed import is_remembered, remember
from runner.validate import validate
from runner.visible import visible


@hydra.main(version_base="1.3", config_path=str(schema.CONF), config_name="config")
def main(cfg: DictConfig) -> None:
    """One run: here when this process was made for it, otherwise in a new one."""
    if cfg.dry_run:
        raise ConfigError("dry_run", "needs hydra/sweeper=runner with -m", "true")
    place = alone.place_of(cfg)
    if in_worker():
        tasks.execute(cfg, place)
        return
    validate(cfg)  # other sweepers have not
    if HydraConfig.get().mode is not RunMode.RUN:
        alone.run_alone(cfg, place)
        return
    from runner.report.terminal import print_record

    try:
        print_record(alone.run_alone(cfg, place), place.directory)
    except RunnerError as error:
        # Not raised: Hydra would print more than the one line.
        see = f" (see {place.directory / LOG})" if isinstance(error, RunFailed) else ""
        print(visible(f"failed: {error}{see}"), file=sys.stderr)
        sys.exit(1)


def cli() -> None:
    """Run the command line, and leave with its status."""
    guard(dispatch)


def dispatch() -> None:
    """A first argument that is a bare word is a command, for no Hydra override is."""
    if not is_remembered():  # otherwise a command put others in the place of what was typed
        sys.argv[1:] = take_option(sys.argv[1:])
        remember(sys.argv[1:])
    guard_loading()
    find_modules_here()
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    if first.isidentifier():
        from runner import commands

        commands.run()
    else:
        start()


def find_modules_here() -> None:
    """Let configs find trusted modules in the current directory, but never in the place of others.

    Raises:
        ConfigError: the directory has plugins for Hydra, which run before anything is checked.
    """
    here = os.getcwd()
    plugins = Path(here, PLUGINS)
    own = plugins.exists() and plugins.samefile(schema.HERE.parent / PLUGINS)
    if plugins.is_dir() and not own and not is_trusted(PLUGINS):
        rule = "the current directory has code that would run at once"
        raise ConfigError(PLUGINS, rule, plugins, ask_trust(PLUGINS))
    # `python -m` has put it first, where it could take the place of Keras.
    if sys.path[:1] in ([""], [here]):
        del sys.path[0]
    find_modules_in(here)


def start() -> None:
    """Run the command line, which is no command."""
    schema.register()
    help.register()
    run()


def run() -> None:
    """Give the command line to Hydra."""
    check_options(sys.argv[1:])
    if Path(OUTPUTS).is_symlink():  # a repository can bring it along
        print(visible(f"{OUTPUTS} is a link to {Path(OUTPUTS).resolve()}"), file=sys.stderr)
    try:
        main()
    except DryRun as dry:
        from runner.report.preview import print_previews

        print_previews([dry.preview], repeated=False)


if __name__ == "__main__":
    cli()
