"""How many workers and warm parents a sweep has."""

from __future__ import annotations

import os
from pathlib import Path

from runner.plan.schedule import MIN_PARENTS


def default_workers() -> int:
    """One worker a processor that this process may use, or one a GPU."""
    gpus = len(list(Path("/dev").glob("nvidia[0-9]*")))
    if hasattr(os, "sched_getaffinity"):
        return gpus or len(os.sched_getaffinity(0))
    return gpus or os.cpu_count() or 1


def count_parents(workers: int) -> int:
    """How many warm parents serve that many workers."""
    return max(MIN_PARENTS, workers)
