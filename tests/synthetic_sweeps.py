"""Pairs of sweeps that are written to disk without running anything, and their comparison."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from synthetic import outputs, write

from runner.compare.snapshot import read_snapshot
from runner.compare.sweeps import compare_sweeps

BASE = outputs()
MOVED = BASE + np.float32(0.25)
ROUNDED = BASE * np.float32(1 + 1e-6)
OTHER = outputs(1)


def sweep(path: Path, *runs, **changes) -> Path:
    """Write a sweep of one configuration, a run for each array or dictionary of changes."""
    for job, run in enumerate(runs):
        own = run if isinstance(run, dict) else {"values": run}
        made = {"digest": digest_of(own.get("values")), **changes, **own}
        write(path, job, **made)
    return path


def digest_of(values):
    return None if values is None else f"{abs(hash(values.tobytes())):016x}"[:16]


def compared(a: Path, b: Path):
    return compare_sweeps(read_snapshot(a), read_snapshot(b))


def only(found):
    (configuration,) = found.configurations
    return configuration


def seeded(values, seed, **changes):
    return {"values": values, "seeds": {"value": seed}, **changes}


RANDOM = {"strategy": "random", "overrides": {"seed": "random"}}
UNSET = {"strategy": "unset", "overrides": {"seed": "unset"}, "seeds": {}}
