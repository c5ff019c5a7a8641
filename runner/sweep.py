"""A sweep, from the command line's overrides to the saved table: the sweeper behind the plugin."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Quote, QuotedString
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, OmegaConf, open_dict

from runner.errors import ConfigError, RunnerError, SweepFailed
from runner.launch import count_parents, default_workers
from runner.leaving_out import leave_out
from runner.plan import Repetition, plan_runs, repetition
from runner.planned import Composed, PlannedJob, is_numbered, locate
from runner.preview import Comments, preview_all
from runner.record import MULTIRUN
from runner.schema import RUN_KEYS, SWEEP_KEYS, is_runner_config, typed
from runner.validate import validate

CLAIM = ".claimed"
"""A file that says that a run or a sweep has taken a directory for itself."""


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
            print(line, flush=True)
    if comments is not None:
        from runner.report.preview import print_previews  # pandas: see _conclude

        print_previews(preview_all(combinations, composed, comments, repeated=True), repeated=True)
        return []
    jobs = plan_jobs(combinations, composed, replicates, getattr(launcher, "workers", None))
    return run_jobs(
        jobs, composed, config=config, launcher=launcher, max_batch_size=max_batch_size
    )


def run_jobs(
    jobs: Sequence[PlannedJob],
    composed: Sequence[DictConfig],
    *,
    config: DictConfig,
    launcher: Launcher,
    max_batch_size: int | None = None,
    show: bool = True,
) -> list[Sequence[JobReturn]]:
    """Run planned jobs in a directory of their own, then collate, print and save.

    Args:
        jobs: in the order in which they are to run.
        composed: their configurations; changed to the directory that was claimed.
        config: as in `sweep`.
        launcher: as in `sweep`.
        max_batch_size: as in `sweep`.
        show: print the table.

    Raises:
        Exception: as `sweep`.
    """
    ours = is_runner_config(config)
    directory = claim_directory(config, fresh=ours)
    if ours:
        for each in composed:
            with open_dict(each):
                each.hydra.sweep.dir = config.hydra.sweep.dir
    returns = []
    try:
        for start, batch in _batches(jobs, max_batch_size):
            returns.append(launcher.launch(batch, initial_job_idx=start))
    except BaseException:
        if ours:
            # What is done is on disk, and must not be lost; but why it ended comes first.
            with contextlib.suppress(RunnerError):
                _conclude(directory, len(jobs), show)
        raise
    if not ours:
        for returned in itertools.chain.from_iterable(returns):
            _ = returned.return_value  # raises what the job raised, as Hydra's own sweeper does
    elif failure := _conclude(directory, len(jobs), show):
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
    configurations = list(map(Composed.parse, composed, combinations))
    jobs = [
        PlannedJob(configurations[run.configuration], run, run.values() if repeated else {})
        for run in plan_runs(repetitions, count_parents(workers or default_workers()))
    ]
    if repeated:
        check_directories(jobs)
    return jobs


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


def check_directories(jobs: Sequence[PlannedJob]) -> None:
    """Check that no two runs share a directory, where one would overwrite the other's files.

    Raises:
        ConfigError: two would.
    """
    taken: dict[Path, int] = {}
    named = [job for job in jobs if not is_numbered(job.config)]
    for job, directory in zip(named, locate(named), strict=True):
        other = taken.setdefault(directory, job.run.job)
        if other != job.run.job:
            raise ConfigError(
                "hydra.sweep.subdir",
                "must be another for each run",
                f"{directory.name} for runs {other} and {job.run.job}",
                "Add ${hydra.job.num} to it",
            )


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
    directory = claim(wanted, "hydra.sweep.dir")
    with open_dict(config):
        config.hydra.sweep.dir = str(directory)
        # Other launchers compose again, from the overrides.
        quoted = QuotedString(str(directory), Quote.single).with_quotes()
        config.hydra.overrides.hydra.append(f"hydra.sweep.dir={quoted}")
    OmegaConf.save(config, directory / MULTIRUN)
    return directory


def claim(wanted: str, key: str) -> Path:
    """Create a directory that no other run or sweep claims, by creating the file CLAIM in it.

    Two programs that start in the same second want the same name: creating a file exclusively is
    what only one of them can do. The others get `_1`, `_2`, ...

    Raises:
        ConfigError: naming `key`, which said `wanted`: nothing can be written there.
    """
    for number in itertools.count():
        directory = Path(f"{wanted}_{number}" if number else wanted)
        try:
            directory.mkdir(parents=True, exist_ok=True)
            if any(directory.iterdir()):
                continue  # whatever it holds would be mixed with what comes
            os.close(os.open(directory / CLAIM, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except OSError as error:
            if isinstance(error, FileExistsError) and directory.is_dir():
                continue
            rule = "must be a directory that can be written"
            raise ConfigError(key, rule, wanted, error.strerror) from None
        return directory
    raise AssertionError("unreachable")


def _batches(
    jobs: Sequence[PlannedJob], size: int | None
) -> Iterator[tuple[int, list[PlannedJob]]]:
    size = size or max(len(jobs), 1)
    for start in range(0, len(jobs), size):
        yield start, list(jobs[start : start + size])


def _conclude(directory: Path, planned: int, show: bool) -> str | None:
    """Collate, save and, where wanted, print; return why the exit status is 1, or None."""
    # Imported here: pandas takes a quarter of a second that the runs need not wait for.
    from runner.collate import collate
    from runner.report import files, terminal

    results = collate(directory)
    files.save(results)
    if show:
        terminal.print_results(results, planned)
    return results.failure
