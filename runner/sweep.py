"""A sweep, from the command line's overrides to the saved table: the sweeper behind the plugin."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn
from hydra.errors import HydraException
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, OmegaConf, open_dict

from runner.errors import ConfigError, SweepFailed
from runner.launch import PlannedJob, count_parents, default_workers
from runner.plan import Repetition, plan_runs, repetition
from runner.schema import RUN_KEYS, SWEEP_KEYS, is_runner_config, typed, validate

MULTIRUN = "multirun.yaml"
"""Hydra's file with the sweep's config. Creating it is what claims a directory."""


def sweep(
    arguments: Sequence[str],
    *,
    config: DictConfig,
    loader: ConfigLoader,
    launcher: Launcher,
    max_batch_size: int | None,
    params: dict[str, str],
    replicates: int,
) -> list[Sequence[JobReturn]]:
    """Run every configuration with its replicates and replays, then collate, print and save.

    Any Hydra application's jobs are run so; table and files are for runner configs, of which
    nothing is written before all of them are valid.

    Args:
        arguments: task overrides as typed.
        config: the sweep's own config; its sweep directory is changed where that one is taken.
        loader: composes.
        launcher: runs the jobs; any Hydra launcher.
        max_batch_size: jobs handed to the launcher at once; None: all.
        params: further overrides, from the sweeper's own config.
        replicates: of each configuration, for applications whose config does not say it.

    Raises:
        ConfigError: a configuration says something impossible.
        SweepFailed: everything is saved, and some runs failed (runner configs).
        Exception: what the first failed job raised (other applications).
    """
    parser = OverridesParser.create(config_loader=loader)
    given = [f"{key}={value}" for key, value in params.items()] + list(arguments)
    combinations = expand(parser.parse_overrides(given))
    composed = [loader.load_sweep_config(config, overrides) for overrides in combinations]
    ours = all(is_runner_config(each) for each in composed)
    if ours:
        for each in composed:
            validate(each)
    repetitions = [repetition(typed(c)) if ours else Repetition(replicates) for c in composed]
    workers = (composed[0].workers if ours else None) or default_workers()
    runs = plan_runs(repetitions, count_parents(workers))
    repeated = ours or replicates > 1
    directory = claim_directory(config, fresh=ours)
    for each in composed:
        with open_dict(each):
            each.hydra.sweep.dir = config.hydra.sweep.dir
    jobs = [
        PlannedJob(
            combinations[run.configuration] + (run.overrides() if repeated else []),
            composed[run.configuration],
            run,
        )
        for run in runs
    ]
    returns = []
    try:
        for start, batch in _batches(jobs, max_batch_size):
            returns.append(launcher.launch(batch, initial_job_idx=start))
    finally:
        # Also when interrupted: what is done is on disk, and must not be lost.
        failed = _conclude(directory, len(jobs)) if ours else 0
    if failed:
        raise SweepFailed(f"{failed} of {len(jobs)} runs failed")
    if not ours:
        for returned in itertools.chain.from_iterable(returns):
            _ = returned.return_value  # raises what the job raised, as Hydra's own sweeper does
    return returns


def expand(overrides: Sequence[Override]) -> list[list[str]]:
    """Every combination of the values given, as Hydra overrides; the last one varies fastest.

    Raises:
        ConfigError: a key that is the same for a whole sweep was given several values.
    """
    choices: dict[str, list[str]] = {}
    for override in overrides:
        key = override.get_key_element()
        if not override.is_sweep_override():
            choices[key] = [f"{key}={override.get_value_element_as_str()}"]
            continue
        if not override.is_discrete_sweep():
            raise HydraException(
                f"{key}: must be a list, range or glob of values to sweep over."
                f" Received: {override.input_line}"
            )
        if override.key_or_group in (*SWEEP_KEYS, *RUN_KEYS):
            raise ConfigError(
                override.key_or_group,
                "is one value for the whole sweep",
                override.input_line.partition("=")[2] if override.input_line else None,
            )
        # Not str(value): quoted values would lose their quotes.
        choices[key] = [f"{key}={value}" for value in override.sweep_string_iterator()]
    return [list(combination) for combination in itertools.product(*choices.values())]


def claim_directory(config: DictConfig, fresh: bool) -> Path:
    """Create the sweep's directory and save Hydra's multirun.yaml in it.

    Args:
        config: the sweep's config; changed to the directory that was claimed.
        fresh: take the next free name (`_1`, `_2`, ...) where the directory holds a sweep
            already, instead of writing into it as Hydra's own sweeper does.
    """
    wanted = str(config.hydra.sweep.dir)
    if not fresh:
        directory = Path(wanted)
        directory.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(config, directory / MULTIRUN)
        return directory
    directory = claim(wanted, MULTIRUN)
    with open_dict(config):
        config.hydra.sweep.dir = str(directory)
        # Other launchers compose again, from the overrides.
        config.hydra.overrides.hydra.append(f"hydra.sweep.dir='{directory}'")
    OmegaConf.save(config, directory / MULTIRUN)
    return directory


def claim(wanted: str, marker: str) -> Path:
    """Create a directory that no other program claims, by creating the file `marker` in it.

    Two programs that start in the same second want the same name: creating a file exclusively is
    what only one of them can do. The others get `_1`, `_2`, ...
    """
    for number in itertools.count():
        directory = Path(f"{wanted}_{number}" if number else wanted)
        directory.mkdir(parents=True, exist_ok=True)
        try:
            os.close(os.open(directory / marker, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            continue
        return directory
    raise AssertionError("unreachable")


def _batches(
    jobs: Sequence[PlannedJob], size: int | None
) -> Iterator[tuple[int, list[PlannedJob]]]:
    size = size or max(len(jobs), 1)
    for start in range(0, len(jobs), size):
        yield start, list(jobs[start : start + size])


def _conclude(directory: Path, planned: int) -> int:
    """Collate, save and print; return how many runs failed."""
    # Imported here: pandas takes a quarter of a second that the runs need not wait for.
    from runner.collate import collate
    from runner.report import files, terminal

    results = collate(directory)
    files.save(results)
    terminal.print_results(results, planned)
    return results.failed
