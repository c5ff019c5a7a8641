"""A sweep, from the command line's overrides to the saved table: the sweeper behind the plugin."""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import Sequence
from pathlib import Path

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, open_dict

from runner.directories import check_directories, claim_directory, held, use_directory
from runner.errors import ConfigError, RunnerError, SweepFailed
from runner.launch import count_parents, default_workers
from runner.leaving_out import leave_out
from runner.manifest import (
    Manifest,
    describe_plan,
    find_changed_files,
    read_manifest,
    write_manifest,
)
from runner.plan import Repetition, Run, plan_runs, repetition
from runner.planned import Composed, PlannedJob
from runner.preview import Comments, preview_all
from runner.resume import check_unchanged, find_unfinished
from runner.schema import RUN_KEYS, SWEEP_KEYS, is_runner_config, typed
from runner.validate import validate
from runner.visible import visible

MOST_CHANGED = 5
"""Files that are named which changed while a sweep ran."""


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
    nothing is written before all of them are valid. With `dry_run` it is only told what would run.

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
        SweepFailed: everything is saved, and some runs failed or claims were refuted (runner
            configs).
        Exception: what the first failed job raised (other applications).
    """
    for key, number in (("max_batch_size", max_batch_size), ("replicates", replicates)):
        if number is not None and number < 1:
            raise ConfigError(f"hydra.sweeper.{key}", "must be at least 1", number)
    ours = is_runner_config(config)
    overrides = parse_overrides(params, arguments, loader)
    if ours:
        check_swept(overrides)
    combinations = expand(overrides)
    if ours:
        # A value given twice is one configuration, not twice as many independent runs.
        combinations = [list(each) for each in dict.fromkeys(map(tuple, combinations))]
    composed = [loader.load_sweep_config(config, combination) for combination in combinations]
    comments = Comments.of(composed, loader) if ours and composed[0].dry_run else None
    if comments is not None:
        for each in composed:
            # Nothing is run that needs Hydra's node, and everything that reads would copy it.
            with open_dict(each):
                del each["hydra"]
    if ours:
        for each in composed:
            validate(each)
        kept, lines = leave_out(combinations, composed)
        combinations, composed = [combinations[i] for i in kept], [composed[i] for i in kept]
        for line in lines:
            print(visible(line), flush=True)
    if comments is not None:
        from runner.report.preview import print_previews  # pandas: see _conclude

        print_previews(preview_all(combinations, composed, comments, repeated=True), repeated=True)
        return []
    if not ours:
        jobs = plan_jobs(combinations, composed, replicates, getattr(launcher, "workers", None))
        return run_jobs(
            jobs, composed, config=config, launcher=launcher, max_batch_size=max_batch_size
        )
    resumed = read_manifest(Path(composed[0].resume)) if composed[0].resume else None
    if resumed is not None:
        check_unchanged(resumed, combinations, composed, composed[0].accept_change)
        jobs = make_jobs(combinations, composed, resumed.planned)
    else:
        jobs = plan_jobs(combinations, composed, replicates, getattr(launcher, "workers", None))
    return run_jobs(
        jobs,
        composed,
        config=config,
        launcher=launcher,
        max_batch_size=max_batch_size,
        manifest=resumed or describe_plan(jobs, combinations, composed, arguments),
        resumed=Path(composed[0].resume) if resumed else None,
    )


def run_jobs(
    jobs: Sequence[PlannedJob],
    composed: Sequence[DictConfig],
    *,
    config: DictConfig,
    launcher: Launcher,
    max_batch_size: int | None = None,
    show: bool = True,
    manifest: Manifest | None = None,
    resumed: Path | None = None,
) -> list[Sequence[JobReturn]]:
    """Run planned jobs in a directory of their own, then collate, print and save.

    Args:
        jobs: in the order in which they are to run.
        composed: their configurations; changed to the directory that was claimed.
        config: as in `sweep`.
        launcher: as in `sweep`.
        max_batch_size: as in `sweep`.
        show: print the table.
        manifest: the plan, by which the sweep can be resumed; None: it cannot.
        resumed: the directory of this very plan, whose unfinished runs are to be made; None: a
            new one is claimed.

    Raises:
        Exception: as `sweep`.
    """
    if not is_runner_config(config):
        claim_directory(config, fresh=False)
        returns = _launch(jobs, launcher, max_batch_size)
        for returned in itertools.chain.from_iterable(returns):
            _ = returned.return_value  # raises what the job raised, as Hydra's own sweeper does
        return returns
    directory = use_directory(config, resumed) if resumed else claim_directory(config, fresh=True)
    for each in composed:
        with open_dict(each):
            each.hydra.sweep.dir = config.hydra.sweep.dir
    with held(directory):
        planned = len(jobs)
        if manifest is not None and resumed:
            jobs = find_unfinished(jobs, manifest)
            print(f"{planned - len(jobs)} of {planned} runs were done already", file=sys.stderr)
        elif manifest is not None:
            write_manifest(directory, manifest)
        try:
            returns = _launch(jobs, launcher, max_batch_size)
        except BaseException:
            # What is done is on disk, and must not be lost; but why it ended comes first.
            with contextlib.suppress(RunnerError, OSError):
                _conclude(directory, planned, show)
            raise
        failure = _conclude(directory, planned, show)
        changed = find_changed_files(manifest, composed) if manifest is not None else []
        if changed:
            said = ", ".join(changed[:MOST_CHANGED]) + (", ..." if changed[MOST_CHANGED:] else "")
            text = f"changed while the sweep ran, so that runs may be of different code: {said}"
            print(visible(text), file=sys.stderr)
        if failure:
            raise SweepFailed(failure)
    return returns


def plan_jobs(
    combinations: Sequence[list[str]],
    composed: Sequence[DictConfig],
    replicates: int,
    workers: int | None,
    repetitions: Sequence[Repetition] | None = None,
) -> list[PlannedJob]:
    """Make the jobs of a sweep, in the order in which they are to run.

    Args:
        combinations: the overrides of each configuration.
        composed: what Hydra composed from each.
        replicates: as in `sweep`.
        workers: how many the launcher has, where the config does not say it; None: the default.
        repetitions: of each configuration; None: as it says itself.

    Raises:
        ConfigError: two runs would share a directory, where one overwrites the other's files.
    """
    ours = is_runner_config(composed[0])
    repeated = ours or replicates > 1
    if ours:
        workers = composed[0].workers
    if repetitions is None:
        repetitions = [repetition(typed(c)) if ours else Repetition(replicates) for c in composed]
    runs = plan_runs(repetitions, count_parents(workers or default_workers()))
    jobs = make_jobs(combinations, composed, runs, repeated)
    if repeated:
        check_directories(jobs)
    return jobs


def make_jobs(
    combinations: Sequence[list[str]],
    composed: Sequence[DictConfig],
    runs: Sequence[Run],
    repeated: bool = True,
) -> list[PlannedJob]:
    """Make the job of each run.

    Args:
        combinations: as in `plan_jobs`.
        composed: as in `plan_jobs`.
        runs: as planned.
        repeated: False: each run is its configuration as it is.
    """
    configurations = list(map(Composed.parse, composed, combinations))
    return [
        PlannedJob(configurations[run.configuration], run, run.values() if repeated else {})
        for run in runs
    ]


def parse_overrides(
    params: dict[str, str], arguments: Sequence[str], loader: ConfigLoader
) -> list[Override]:
    """Parse the sweeper's own overrides and those typed, of which the latter win in `expand`.

    They win by what they name: for `++key=value`, a param `key` would be swept over beside it.
    """
    parser = OverridesParser.create(config_loader=loader)
    said = parser.parse_overrides(list(arguments))
    forced = {each.key_or_group for each in said if each.is_force_add()}
    own = [f"{key}={value}" for key, value in params.items() if key not in forced]
    return [*parser.parse_overrides(own), *said]


def check_swept(overrides: Sequence[Override]) -> None:
    """Check that the overrides of a runner config make sense for a sweep.

    Raises:
        ConfigError: a key that is the same for a whole sweep was given several values, or one
            that tells its runs apart was given at all.
    """
    for override in overrides:
        key = override.key_or_group
        value = str(override.input_line).partition("=")[2]  # empty in a deletion, such as ~key
        if key in RUN_KEYS:
            raise ConfigError(key, "is set by the sweep", value)
        if key.partition(".")[0] in SWEEP_KEYS and override.is_sweep_override():
            raise ConfigError(key, "is one value for the whole sweep", value)


def expand(overrides: Sequence[Override]) -> list[list[str]]:
    """Every combination of the values given, as Hydra overrides; the last one varies fastest.

    Raises:
        ConfigError: there is no value, or no end of them.
    """
    choices: dict[str, list[str]] = {}
    for override in overrides:
        key = override.get_key_element()
        if not override.is_sweep_override():
            choices[key] = [f"{key}={override.get_value_element_as_str()}"]
            continue
        if not override.is_discrete_sweep():
            rule = "must be a list, range or glob of values to sweep over"
            raise ConfigError(key, rule, override.get_value_string())
        # Not str(value): quoted values would lose their quotes.
        choices[key] = [f"{key}={value}" for value in override.sweep_string_iterator()]
        if not choices[key]:
            raise ConfigError(key, "there is no such value", override.get_value_string())
    return [list(combination) for combination in itertools.product(*choices.values())]


def _launch(
    jobs: Sequence[PlannedJob], launcher: Launcher, size: int | None
) -> list[Sequence[JobReturn]]:
    """Hand jobs to the launcher, `size` at once; None: all.

    Launchers of others number them from the first one on, so what is handed over must be a stretch.
    """
    own = type(launcher).__module__ == "hydra_plugins.runner_plugins"
    batches: list[list[PlannedJob]] = []
    for job in jobs:
        full = not batches or len(batches[-1]) == size
        if full or not (own or job.run.job == batches[-1][-1].run.job + 1):
            batches.append([])
        batches[-1].append(job)
    return [launcher.launch(batch, initial_job_idx=batch[0].run.job) for batch in batches]


def _conclude(directory: Path, planned: int, show: bool) -> str | None:
    """Collate, save and, where wanted, print; return why the exit status is 1, or None."""
    # Imported here: pandas takes a quarter of a second that the runs need not wait for.
    from runner.collate import collate
    from runner.report import files, terminal

    results = collate(directory)
    try:
        files.save(results)
    finally:  # also where the disk is full
        if show:
            terminal.print_results(results, planned)
    lost = planned - len(results.runs) - len(results.problems)
    return results.failure or (f"{lost} of {planned} runs left no record" if lost > 0 else None)
