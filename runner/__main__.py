"""The command line: `python -m runner [OVERRIDES] [-m]`, or `python -m runner COMMAND`."""

from __future__ import annotations

import sys
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from runner import launch, schema, tasks
from runner.fork import in_worker
from runner.guard import guard

HERE = Path(__file__).parent
CONF = HERE / "conf" if (HERE / "conf").is_dir() else HERE.parent / "conf"
"""Inside an installed package, or beside it in a checkout."""


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")
def main(cfg: DictConfig) -> None:
    """One run: here when this process was made for it, otherwise in a new one."""
    place = launch.place_of(cfg)
    if in_worker():
        tasks.execute(cfg, place)
        return
    record = launch.run_alone(cfg, place)
    if HydraConfig.get().mode is RunMode.RUN:
        from runner.report.terminal import print_record

        print_record(record, place.directory)


def cli() -> None:
    """Dispatch: a first argument that is a bare word is a command, for no Hydra override is."""
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    if first.isidentifier():
        from runner.commands import app

        guard(app)
    else:
        schema.register()
        guard(main)


if __name__ == "__main__":
    cli()
