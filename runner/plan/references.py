"""Finds for each run of a sweep the one with the same seeds from which it may part."""

from __future__ import annotations

from collections.abc import Sequence

from runner.config.schema import Config, StopAt, Strategy, most_replicates
from runner.plan.jobs import PlannedJob, locate
from runner.plan.schedule import most_replays


def name_references(jobs: Sequence[PlannedJob]) -> None:
    """Tell each job of a sweep with `stop_at=divergence` the directory of its reference.

    The reference of a replay is the run that it repeats. Where all replicates of a configuration
    have the same seeds, that of the others is the first. No other run has one: without seeds, or
    with others, a run is expected to part. A resumed run is compared at its end.

    Args:
        jobs: all jobs of the sweep, whose directories are known.
    """
    stopping = [job for job in jobs if job.configuration.typed.stop_at is StopAt.divergence]
    if not stopping:
        return
    places = dict(zip((job.run.job for job in stopping), locate(stopping), strict=True))
    first: dict[int, int] = {}
    for job in stopping:
        run = job.run
        if run.replay_of is None and run.resume_of is None:
            first.setdefault(run.configuration, run.job)
    for job in stopping:
        number = _find_reference(job, first)
        job.reference = None if number is None else places.get(number)


def shares_seeds(config: Config) -> bool:
    """Return whether all replicates of a configuration have the same seeds."""
    strategy = config.seed.strategy
    return strategy is Strategy.fixed or (strategy is Strategy.derived and not config.seed.vary)


def has_references(config: Config) -> bool:
    """Return whether any run of a configuration has a reference."""
    repeated = most_replicates(config) > 1 and shares_seeds(config)
    return repeated or most_replays(config) > 0


def _find_reference(job: PlannedJob, first: dict[int, int]) -> int | None:
    """Return the number of a job's reference; None if it has none."""
    run = job.run
    if run.resume_of is not None:
        return None
    if run.replay_of is not None:
        return run.replay_of
    number = first[run.configuration]
    shared = shares_seeds(job.configuration.typed)
    return number if shared and number != run.job else None
