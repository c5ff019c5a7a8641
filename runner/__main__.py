"""The command line: `python -m runner [OVERRIDES] [-m]`, or `python -m runner COMMAND`."""

from __future__ import annotations

import os
import sys

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


@hydra.main(version_base="1.3", config_path=str(schema.CONF), config_name="config")
def main(cfg: DictConfig) -> None:
    """One run: here when this process was made for it, otherwise in a new one."""
    if cfg.dry_run:
        raise ConfigError("dry_run", "needs hydra/sweeper=runner with -m", "true")
    place = alone.place_of(cfg)
    if in_worker():
        tasks.execute(cfg, place)
        return
    if HydraConfig.get().mode is not RunMode.RUN:
        alone.run_alone(cfg, place)
        return
    from runner.report.terminal import print_record

    try:
        print_record(alone.run_alone(cfg, place), place.directory)
    except RunnerError as error:
        # Not raised: Hydra would print more than the one line.
        see = f" (see {place.directory / LOG})" if isinstance(error, RunFailed) else ""
        print(f"failed: {error}{see}", file=sys.stderr)
        sys.exit(1)


def cli() -> None:
    """Dispatch: a first argument that is a bare word is a command, for no Hydra override is."""
    if os.getcwd() not in sys.path and "" not in sys.path:
        # As `python -m` does, so that a config finds the same modules under the installed script.
        sys.path.insert(0, os.getcwd())
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    if first.isidentifier():
        from runner import commands

        guard(commands.run)
    else:
        guard(start)


def start() -> None:
    """Run the command line, which is no command."""
    schema.register()
    help.register()
    run()


def run() -> None:
    """Give the command line to Hydra."""
    check_options(sys.argv[1:])
    try:
        main()
    except DryRun as dry:
        from runner.report.preview import print_previews

        print_previews([dry.preview], repeated=False)


if __name__ == "__main__":
    cli()
