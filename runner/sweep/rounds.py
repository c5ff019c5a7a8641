"""Plans the rounds of a sweep with `replicates=auto`, each from what those before it measured."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runner.config.compose import ComposedConfiguration
from runner.config.schema import is_auto, most_replicates
from runner.errors import ConfigError
from runner.plan.extension import Further, extend_runs
from runner.plan.jobs import PlannedJob, check_directories, make_jobs
from runner.plan.schedule import most_replays, repetition
from runner.plan.workers import count_parents, count_workers
from runner.record.reader import StoredRun, group_runs, read_stored
from runner.text import plural

if TYPE_CHECKING:
    from runner.analysis.rounds.budget import Standing


def check_budget(
    jobs: Sequence[PlannedJob], configurations: Sequence[ComposedConfiguration]
) -> None:
    """Check that the first round fits into the budget.

    Raises:
        ConfigError: the budget has fewer runs.
    """
    first = configurations[0].typed
    if is_auto(first) and first.budget.runs is not None and first.budget.runs < len(jobs):
        rule = f"must be at least {len(jobs)}, which the first round of this sweep takes"
        raise ConfigError("budget.runs", rule, first.budget.runs)


def plan_round(
    jobs: Sequence[PlannedJob],
    configurations: Sequence[ComposedConfiguration],
    directory: Path,
    nodes: int = 1,
) -> list[PlannedJob]:
    """Return the jobs of the next round; none if nothing further is to be run.

    Args:
        jobs: all jobs so far, which have been run.
        configurations: the configurations of the sweep.
        directory: of the sweep, with the records of its runs.
        nodes: number of nodes that share the runs.
    """
    typed = [each.typed for each in configurations]
    if not any(map(is_auto, typed)):
        return []
    # Imported late: it takes as long as a run of a small function.
    from runner.analysis.rounds.budget import share_runs

    standings = _find_standings(jobs, len(configurations), directory)
    shares = dict(zip(standings, share_runs(list(standings.values())), strict=True))
    wanted = []
    for index, config in enumerate(typed):
        asked = repetition(config)
        wanted.append(
            Further(
                replicates=shares.get(index, 0),
                replays=most_replays(config),
                draws=asked.draws,
                most=most_replicates(config),
            )
        )
    workers = count_workers(typed[0].workers, typed[0].runs_per_gpu)
    runs = extend_runs([job.run for job in jobs], wanted, nodes * count_parents(workers))
    further = make_jobs(configurations, runs)
    check_directories(further)
    if further:
        some = sum(share > 0 for share in shares.values())
        whole = f"{some} of {plural(len(configurations), 'configuration')}"
        print(f"next round: {plural(len(further), 'run')} of {whole}", file=sys.stderr)
    return further


def _find_standings(
    jobs: Sequence[PlannedJob], configurations: int, directory: Path
) -> dict[int, Standing]:
    """Return index of a configuration to how far it has come; those without a record are absent."""
    from runner.analysis.rounds.standing import find_standing

    by_job = {job.run.job: job.run.configuration for job in jobs}
    groups: dict[int, list[StoredRun]] = {}
    for group in group_runs(read_stored(directory)[0]):
        index = by_job.get(group[0].record.job)
        if index is not None:  # a run that somebody copied here was not planned
            groups.setdefault(index, []).extend(group)
    return {index: find_standing(groups[index]) for index in sorted(groups)}
