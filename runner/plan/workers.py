"""Default numbers of workers and warm parents of a sweep."""

from __future__ import annotations

import os

from runner.plan.schedule import MIN_PARENTS
from runner.processes.devices import list_devices


def count_workers(workers: int | None, runs_per_gpu: int | None) -> int:
    """Return how many runs are made at the same time.

    Args:
        workers: the number that is asked for; None: as many as the GPUs have room for or, without
            GPUs, one per processor that this process may use.
        runs_per_gpu: how many runs at a time may use one GPU; None: each run sees all of them, so
            that by default there is one run at a time.
    """
    if workers is not None:
        return workers
    if gpus := len(list_devices()):
        return 1 if runs_per_gpu is None else gpus * runs_per_gpu
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def count_parents(workers: int) -> int:
    """Return the number of warm parents: as many as workers, but at least MIN_PARENTS."""
    return max(MIN_PARENTS, workers)
