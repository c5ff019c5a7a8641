"""A sweep's jobs: what Hydra hands to a launcher, and what ours need not work out again."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from runner.child import apply_values
from runner.plan import Run


@dataclass(frozen=True)
class Composed:
    """A configuration as Hydra composed it, for all of its runs."""

    config: DictConfig
    """Without what tells its runs apart; shared, and never changed."""
    overrides: tuple[str, ...]
    """What it was composed from."""
    task: tuple[tuple[str, str], ...]
    """Of these the ones that are not Hydra's own: key, and the override as typed."""

    @classmethod
    def parse(cls, config: DictConfig, overrides: Sequence[str]) -> Composed:
        """Join a config and the overrides that it was composed from."""
        parsed = OverridesParser.create().parse_overrides(list(overrides))
        task = [(p.key_or_group, str(p.input_line)) for p in parsed if not p.is_hydra_override()]
        return cls(config, tuple(overrides), tuple(task))


class PlannedJob(list[str]):
    """The overrides of a job, with its composed configuration and its place in the plan.

    To any launcher it is the list of overrides that Hydra hands over; ours need not compose each
    run of a configuration again.
    """

    def __init__(self, composed: Composed, run: Run, values: Mapping[str, Any]) -> None:
        """Join what is known of a job.

        Args:
            composed: its configuration.
            run: its place in the plan.
            values: config key to value; what the run adds to the configuration.
        """
        # ++ adds the key to a config that lacks it.
        added = [(key, f"++{key}={value}") for key, value in values.items()]
        super().__init__([*composed.overrides, *(line for _, line in added)])
        self.config = composed.config
        self.run = run
        self.values = {**values, **_hydra_values(composed, run.job, added)}
        """With these, `config` is what composing the overrides would give."""


def locate(jobs: Sequence[PlannedJob]) -> list[Path]:
    """Where Hydra's run_job will put the files of each job."""
    hydra_config = HydraConfig.instance()
    before = hydra_config.cfg
    # A copy costs 4 ms. Jobs that set the same keys of one config can take turns on it: each sets
    # all that the last one has left.
    copies: dict[tuple[object, ...], DictConfig] = {}
    directories = []
    try:
        for job in jobs:
            key = (id(job.config), *job.values)
            if key not in copies:
                copies[key] = copy.deepcopy(job.config)
            apply_values(copies[key], job.values)
            hydra_config.cfg = cast(Any, copies[key])  # what ${hydra:...} resolves in
            sweep = copies[key].hydra.sweep
            directories.append(Path(str(sweep.dir), str(sweep.subdir)).absolute())
    finally:
        hydra_config.cfg = before
    return directories


def is_numbered(config: DictConfig) -> bool:
    """Whether each job of a config has a directory of its own because its number is in the name."""
    raw = OmegaConf.to_container(config.hydra.sweep, resolve=False)
    assert isinstance(raw, dict)
    return any(name in str(raw["subdir"]) for name in ("hydra.job.num}", "hydra.job.id}"))


def _hydra_values(
    composed: Composed, number: int, added: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """What Hydra's own node says of one job."""
    naming = composed.config.hydra.job.config.override_dirname
    task = [*composed.task, *added]
    named = sorted(line for key, line in task if key not in naming.exclude_keys)
    return {
        "hydra.job.num": number,
        "hydra.job.id": str(number),
        "hydra.job.override_dirname": naming.item_sep.join(named).replace("=", naming.kv_sep),
        "hydra.overrides.task": [line for _, line in task],
    }
