"""Sweeps written to disk without running anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from runner.record.record import Record, RunArrays
from runner.record.store import write_record

OVERRIDES = {"seed": "fixed", "shuffle": "on"}


def outputs(seed=0, shape=(2, 2, 4, 3), dtype=np.float32):
    """(build, call, input, unit); builds and calls of a run are the same, inputs are not."""
    _, _, inputs, units = shape
    values = np.random.default_rng(seed).normal(size=(inputs, units)).astype(dtype)
    return np.broadcast_to(values, shape).copy()


def write(sweep, job, values=None, subdirectory=None, inputs=None, targets=None, **changes):
    """Write a run: successful with values (build, call, input, unit), failed without."""
    ok = values is not None
    record = Record(
        configuration="a" * 12,
        job=job,
        replicate=job,
        replay_of=None,
        overrides=OVERRIDES,
        status="ok" if ok else "failed",
        error=None if ok else "ValueError: no",
        strategy="fixed",
        seeds={"value": 42},
        metrics=[{"loss": 0.5, "accuracy": 0.75}, {"loss": 9.0, "accuracy": 0.0}] if ok else [],
        fingerprints=[{"data": "d", "init/a": "i", "outputs": "o"}] * 2 if ok else [],
        digest="0123456789abcdef" if ok else None,
        compare={"rtol": 1e-5, "atol": 1e-8, "confidence": 0.95},
        environment={"python": "3.11"},
        wall_s=2.0 + job if ok else None,
        peak_rss_bytes=2**53 + 1 if ok else None,
        hash_seed=0,
    )
    arrays = None
    if ok:
        ids = np.arange(values.shape[2]) if inputs is None else inputs
        arrays = RunArrays(values, np.asarray(ids, dtype=np.uint64), targets)
    place = sweep / (subdirectory or str(job))
    return write_record(place, replace(record, **changes), arrays)


def fingerprints(**changed):
    """Of one build, with some stages of its own."""
    stages = {"data": "d", "init/a": "i", "order/0": "r", "outputs": "o"}
    return [{**stages, **changed}]
