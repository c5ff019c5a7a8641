"""Runs jobs of which some are interrupted, and go on in another process."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from runner.execute.job_function import describe_failure
from runner.execute.opened_pool import OpenedPool
from runner.plan.jobs import PlannedJob
from runner.processes.messages import Job, Outcome, Status


def find_first_parts(queue: Iterable[Job], jobs: Mapping[int, PlannedJob]) -> dict[int, Job]:
    """Return for each job that is interrupted, by its number, the job of its first part.

    Args:
        queue: the jobs as they are queued; those of resumed runs are their last parts.
        jobs: number to planned job.
    """
    parts = {}
    for job in queue:
        run = jobs[job.key].run
        if run.parent_before is not None:
            values = {**jobs[job.key].values, "stops": True}
            parts[job.key] = replace(job, args=pickle.dumps((values,)), parent=run.parent_before)
    return parts


def run_in_parts(
    pool: OpenedPool, queue: Sequence[Job], first_parts: Mapping[int, Job]
) -> Iterator[Outcome]:
    """Run all jobs, and after them the last parts of those that were interrupted.

    Args:
        pool: runs them.
        queue: the jobs; those that are interrupted are here with their last parts.
        first_parts: number of a job to its first part, for those that are interrupted.

    Yields:
        The outcome of each job: that of its last part or, if its first part failed, of that one.
    """
    interrupted = set()
    for outcome in pool.run([first_parts.get(job.key, job) for job in queue]):
        if outcome.key in first_parts and _succeeded(outcome):
            interrupted.add(outcome.key)
        else:
            yield outcome
    yield from pool.run([job for job in queue if job.key in interrupted])


def _succeeded(outcome: Outcome) -> bool:
    if outcome.status is not Status.OK or outcome.result is None:
        return False
    return describe_failure(pickle.loads(outcome.result)) is None
