"""Runs planned jobs in a directory of their own, then collates their records."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig

from runner.config.compose import ComposedConfiguration
from runner.config.nodes import without_hydra
from runner.config.schema import StopAt
from runner.errors import ConfigError, RunnerError, SweepFailed
from runner.execute.run import describe_configuration
from runner.plan.jobs import PlannedJob
from runner.plan.manifest import Manifest, find_changed_files, write_manifest
from runner.plan.references import has_references, name_references
from runner.plan.resume import find_unfinished
from runner.record.directories import claim_sweep_directory, lock_directory, use_directory
from runner.record.store import write_configuration
from runner.sweep.rounds import plan_round
from runner.text import plural, resuming_command, strip_control_characters

if TYPE_CHECKING:
    from runner.analysis.results import Results

Conclude: TypeAlias = "Callable[[Results, int], None]"
"""Saves and prints the results of a sweep, given the number of runs that were planned."""

Begin: TypeAlias = Callable[[Path, int], None]
"""Called once when a sweep has its directory and its plan there, given the number of its runs."""

MAX_FILES_SHOWN = 5
"""Changed files that the warning after a sweep lists; `...` stands for the rest."""


@dataclass(frozen=True)
class PlannedSweep:
    """A sweep that is ready to run."""

    configurations: Sequence[ComposedConfiguration]
    jobs: Sequence[PlannedJob]
    """All jobs of the plan, in the order in which they are to run."""
    manifest: Manifest
    """The plan as it is written to disk, from which the sweep can be resumed."""
    grows: bool = False
    """Whether further rounds follow where configurations have `replicates=auto`."""
    ends_parted: bool = False
    """Whether `stop_at=divergence` ends runs; what is compared at its end needs whole ones."""
    resumed: Path | None = None
    """The directory of an earlier sweep with this plan, whose unfinished runs are to be made. None
    means a new sweep, for which a directory is claimed."""

    def grow(self, jobs: Sequence[PlannedJob]) -> PlannedSweep:
        """Return the sweep with the jobs of a further round."""
        whole = [*self.jobs, *jobs]
        manifest = replace(self.manifest, runs=[each.run for each in whole])
        return replace(self, jobs=whole, manifest=manifest)


def run_sweep(
    planned: PlannedSweep,
    config: DictConfig,
    launcher: Launcher,
    max_batch_size: int | None,
    conclude: Conclude,
    begin: Begin | None = None,
) -> list[Sequence[JobReturn]]:
    """Run planned jobs in a directory of their own, and conclude from their records.

    Args:
        planned: The sweep. The directory that it gets is set in all of its configurations.
        config: The config of the sweep itself, in which the directory is set too.
        launcher: Any Hydra launcher.
        max_batch_size: Jobs handed to the launcher at once; None means all.
        conclude: Saves and prints the results, also those so far if the sweep ends early.
        begin: Is told the directory before the first run; None: nobody is.

    Returns:
        The returns of the jobs, one list per batch.

    Raises:
        SweepFailed: Some runs failed or claims were refuted. Everything is saved.
    """
    directory = (
        use_directory(config, planned.resumed)
        if planned.resumed
        else claim_sweep_directory(config, fresh=True)
    )
    for each in planned.configurations:
        each.move(str(config.hydra.sweep.dir))
    with lock_directory(directory):
        jobs = planned.jobs
        if planned.ends_parted:
            name_references(jobs)
            _tell_never_ended(planned)
        if planned.resumed:
            _restore_configurations(planned, directory)
            jobs = find_unfinished(jobs, planned.manifest)
            done, total = len(planned.jobs) - len(jobs), len(planned.jobs)
            print(f"{done} of {total} runs were done already", file=sys.stderr)
        else:
            write_manifest(directory, planned.manifest)
        if begin is not None:
            begin(directory, len(planned.jobs))
        returns: list[Sequence[JobReturn]] = []
        try:
            while True:
                for batch in make_batches(jobs, launcher, max_batch_size):
                    returns.append(launcher.launch(batch, initial_job_idx=batch[0].run.job))
                jobs = []
                if planned.grows:
                    nodes = count_nodes(launcher)
                    jobs = plan_round(planned.jobs, planned.configurations, directory, nodes)
                if not jobs:
                    break
                planned = planned.grow(jobs)
                if planned.ends_parted:
                    name_references(planned.jobs)
                write_manifest(directory, planned.manifest)
        except BaseException as error:
            # Save what is done, but let no further error hide why the sweep ended.
            with contextlib.suppress(OSError):
                try:
                    _conclude(directory, len(planned.jobs), conclude)
                except RunnerError:
                    if isinstance(error, KeyboardInterrupt):
                        _tell_resume(directory, planned.manifest)
            raise
        failure = _conclude(directory, len(planned.jobs), conclude)
        _tell_changed_files(planned)
        if failure:
            raise SweepFailed(failure)
    return returns


def _tell_resume(directory: Path, manifest: Manifest) -> None:
    """Say how a sweep goes on that was interrupted before any of its runs had ended."""
    command = resuming_command(os.path.relpath(directory), manifest.scripts)
    print(strip_control_characters(f"No run had ended. To go on: {command}"), file=sys.stderr)


def _tell_never_ended(planned: PlannedSweep) -> None:
    """Say of how many configurations no run can be ended where it parts from another one."""
    typed = [each.typed for each in planned.configurations]
    alone = sum(not has_references(each) for each in typed)
    if alone and typed[0].stop_at is StopAt.divergence:
        whole = f"{alone} of {plural(len(typed), 'configuration')}"
        text = f"stop_at=divergence ends no run of {whole}, as no two runs there share their seeds"
        print(text, file=sys.stderr)


def _restore_configurations(planned: PlannedSweep, directory: Path) -> None:
    """Write the records of configurations again if they are gone, so that no run is repeated."""
    for each in planned.configurations:
        cfg = without_hydra(each.cfg)
        write_configuration(directory, describe_configuration(cfg, each.described, directory))


def count_nodes(launcher: Launcher) -> int:
    """Return the number of nodes among which a launcher divides runs; 1 for those of others.

    Raises:
        ConfigError: It is below 1.
    """
    agents: int = getattr(launcher, "agents", 1)
    if agents < 1:
        raise ConfigError("hydra.launcher.agents", "must be at least 1", agents)
    return agents


def make_batches(
    jobs: Sequence[PlannedJob], launcher: Launcher, size: int | None
) -> list[list[PlannedJob]]:
    """Divide jobs into what the launcher gets at once: at most `size`, or all if it is None.

    Other launchers number jobs consecutively from the first, so their batches must have no gaps.
    """
    takes_any = getattr(launcher, "takes_any_jobs", False)
    batches: list[list[PlannedJob]] = []
    for job in jobs:
        full = not batches or len(batches[-1]) == size
        if full or not (takes_any or job.run.job == batches[-1][-1].run.job + 1):
            batches.append([])
        batches[-1].append(job)
    return batches


def _conclude(directory: Path, planned: int, conclude: Conclude) -> str | None:
    """Collate the records and conclude; return why the exit status is 1, or None if it is 0."""
    # Imported late: pandas takes a quarter of a second, which would delay the runs.
    from runner.analysis.results import collate

    results = collate(directory)
    conclude(results, planned)
    return results.explain_failure(planned)


def _tell_changed_files(planned: PlannedSweep) -> None:
    changed = find_changed_files(planned.manifest, planned.configurations)
    if changed:
        shown = ", ".join(changed[:MAX_FILES_SHOWN])
        more = ", ..." if changed[MAX_FILES_SHOWN:] else ""
        text = f"changed while the sweep ran, so that runs may be of different code: {shown}{more}"
        print(strip_control_characters(text), file=sys.stderr)
