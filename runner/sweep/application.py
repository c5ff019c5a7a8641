"""Runs a sweep over another Hydra application, behind the sweeper plugin."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from hydra.core.config_loader import ConfigLoader
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig

from runner.config.compose import ComposedConfiguration
from runner.config.hydra_internals import prints_errors
from runner.config.overrides import expand, parse_overrides
from runner.execute.job_function import JobFunction, describe_end, keep_end
from runner.plan.application_plan import (
    archive_jobs,
    check_application,
    describe_application,
    describe_other_code,
    find_unfinished_jobs,
    has_plan,
    read_application,
    write_resuming_command,
)
from runner.plan.jobs import PlannedJob, plan_application_jobs
from runner.plan.manifest import MANIFEST, Manifest, write_manifest
from runner.plan.workers import count_workers
from runner.record.directories import claim_sweep_directory, lock_directory, use_directory
from runner.record.journal import JOBS, JOURNAL, JobEnd, JobRow, read_ends
from runner.sweep.execution import count_nodes, make_batches
from runner.sweep.sweeper import Settings
from runner.text import plural, strip_control_characters
from runner.trust.command_line import split_override

ShowJobs: TypeAlias = Callable[[Sequence[JobRow], Path, str], None]
"""Saves and prints how the jobs of a sweep ended, given its directory and the command that goes on
with it."""


@dataclass(frozen=True)
class HydraSweep:
    """The objects that a sweep over another application needs from Hydra."""

    config: DictConfig
    """The config of the sweep itself."""
    loader: ConfigLoader
    launcher: Launcher
    """Any Hydra launcher."""
    function: JobFunction
    """What the launcher calls in each job."""


def sweep_application(
    arguments: Sequence[str], hydra: HydraSweep, settings: Settings, show: ShowJobs
) -> list[Sequence[JobReturn]]:
    """Run every combination of another Hydra application, as Hydra's own sweeper does.

    Args:
        arguments: Task overrides as typed.
        hydra: The objects that the sweep needs from Hydra.
        settings: Settings of the sweeper.
        show: Saves and prints how the jobs ended, also when the sweep is interrupted.

    Returns:
        The returns of the jobs that were run, one list per batch.

    Raises:
        ConfigError: The sweep cannot be made, or not be resumed.
        SystemExit: Jobs failed, and Hydra would print a traceback.
        Exception: Otherwise, whatever the first failed job raised.
    """
    resumed = None if settings.resume is None else Path(settings.resume)
    before = None if resumed is None else read_application(resumed)
    config = hydra.config
    if resumed is not None and not _is_same(resumed, Path(str(config.hydra.sweep.dir))):
        use_directory(config, resumed.absolute())
    configurations = [
        ComposedConfiguration(tuple(each), hydra.loader.load_sweep_config(config, each))
        for each in expand(parse_overrides(settings.params, arguments, hydra.loader))
    ]
    asked = (getattr(hydra.launcher, each, None) for each in ("workers", "runs_per_gpu"))
    workers = count_workers(*asked)
    nodes = count_nodes(hydra.launcher)
    jobs = plan_application_jobs(configurations, workers, settings.replicates, nodes=nodes)
    manifest = describe_application(jobs, configurations, config)
    if before is not None:
        check_application(before, manifest)
    with _opened(hydra, manifest, resumed) as directory:
        left = jobs if before is None else _find_left(jobs, directory)
        command = write_resuming_command(before or manifest, directory)
        returns: list[Sequence[JobReturn]] = []
        try:
            for batch in make_batches(left, hydra.launcher, settings.max_batch_size):
                returns.append(hydra.launcher.launch(batch, initial_job_idx=batch[0].run.job))
                _note_returned(batch, returns[-1], directory)
        except BaseException:
            # What is done is shown, but no further error hides why the sweep ended.
            with contextlib.suppress(OSError):
                show(_list_rows(jobs, configurations, directory), directory, command)
            raise
        show(_list_rows(jobs, configurations, directory), directory, command)
    if before is not None and (told := describe_other_code(before, manifest)):
        _tell(f"resumed though this changed: {told}")
    _raise_failure(returns)
    return returns


def _is_same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


@contextlib.contextmanager
def _opened(hydra: HydraSweep, manifest: Manifest, resumed: Path | None) -> Iterator[Path]:
    """Make the sweep's directory ready and lock it; yield its absolute path.

    Raises:
        ConfigError: Another program runs a sweep there.
    """
    directory = Path(str(hydra.config.hydra.sweep.dir)).absolute()
    directory.mkdir(parents=True, exist_ok=True)
    with lock_directory(directory):
        if resumed is None:
            if has_plan(directory):
                _put_aside(directory)
            claim_sweep_directory(hydra.config, fresh=False)
            write_manifest(directory, manifest)
        hydra.function.journal = directory / JOURNAL
        yield directory


def _put_aside(directory: Path) -> None:
    """Rename the files of an earlier sweep to `NAME.0`, `NAME.1`, ...

    The directories of its jobs stay: Hydra writes into them again, which some applications want.
    """
    free = next(n for n in itertools.count() if not (directory / f"{MANIFEST}.{n}").exists())
    for name in (JOBS, JOURNAL, MANIFEST):
        with contextlib.suppress(FileNotFoundError):
            (directory / name).rename(directory / f"{name}.{free}")
    _tell(
        f"{directory} holds an earlier sweep: its plan is kept as {MANIFEST}.{free}, but jobs"
        " write into directories that are there"
    )


def _find_left(jobs: Sequence[PlannedJob], directory: Path) -> list[PlannedJob]:
    """Return the jobs that are to be run again, and put aside what they left."""
    left = find_unfinished_jobs(jobs, read_ends(directory / JOURNAL), directory)
    _tell(f"{len(jobs) - len(left)} of {plural(len(jobs), 'job')} were done already")
    archive_jobs(left, jobs, directory)
    for job in left:
        keep_end(directory / JOURNAL, JobEnd(job.run.job, "missing"))
    return left


def _note_returned(
    batch: Sequence[PlannedJob], returned: Sequence[JobReturn], directory: Path
) -> None:
    """Note how the jobs of a batch ended, where they could not note it themselves."""
    noted = read_ends(directory / JOURNAL)
    for job, each in zip(batch, returned, strict=True):
        end = describe_end(job.run.job, each)
        known = noted.get(end.job)
        if known is None or known.status != end.status:
            keep_end(directory / JOURNAL, end)


def _list_rows(
    jobs: Sequence[PlannedJob], configurations: Sequence[ComposedConfiguration], directory: Path
) -> list[JobRow]:
    ends = read_ends(directory / JOURNAL)
    overrides = [dict(map(split_override, each.overrides)) for each in configurations]
    return [
        JobRow(
            ends.get(job.run.job, JobEnd(job.run.job, "missing")),
            job.run.configuration,
            job.run.replicate,
            overrides[job.run.configuration],
        )
        for job in sorted(jobs, key=lambda job: job.run.job)
    ]


def _raise_failure(returns: Sequence[Sequence[JobReturn]]) -> None:
    """Raise what the first failed job raised; where Hydra would print that, only exit.

    Each failed job has its line already, and its traceback in its directory.
    """
    run = list(itertools.chain.from_iterable(returns))
    failed = [each for each in run if each.status is not JobStatus.COMPLETED]
    if failed and prints_errors():
        _tell(f"{len(failed)} of {plural(len(run), 'job')} failed")
        sys.exit(1)
    for each in failed:
        _ = each.return_value


def _tell(text: str) -> None:
    print(strip_control_characters(text), file=sys.stderr, flush=True)
