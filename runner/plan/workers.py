"""Default numbers of workers and warm parents of a sweep."""

from __future__ import annotations

import os
from pathlib import Path

from runner.plan.schedule import MIN_PARENTS


def default_workers() -> int:
    """Return the number of workers: one per GPU, or one per processor if there are no GPUs.

    Only the processors that this process may use are counted.
    """
    gpus = len(list(Path("/dev").glob("nvidia[0-9]*")))
    if hasattr(os, "sched_getaffinity"):
        return gpus or len(os.sched_getaffinity(0))
    return gpus or os.cpu_count() or 1


def count_parents(workers: int) -> int:
    """Return the number of warm parents: as many as workers, but at least MIN_PARENTS."""
    return max(MIN_PARENTS, workers)
