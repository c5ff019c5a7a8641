"""Sweeps written to disk without running anything."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from runner.record.format_2 import read_reason
from runner.record.record import Comparing, ConfigurationRecord, RunArrays, RunRecord
from runner.record.store import write_run

OVERRIDES = {"seed": "fixed", "shuffle": "on"}

SHARED = {item.name for item in fields(ConfigurationRecord)} - {"id"}


def outputs(seed=0, shape=(2, 2, 4, 3), dtype=np.float32):
    """(build, call, input, unit); builds and calls of a run are the same, inputs are not."""
    _, _, inputs, units = shape
    values = np.random.default_rng(seed).normal(size=(inputs, units)).astype(dtype)
    return np.broadcast_to(values, shape).copy()


def change(record, **changes):
    """The record with other values, also of its configuration, whose id is `configuration`."""
    shared = {name: changes.pop(name) for name in SHARED & set(changes)}
    if isinstance(shared.get("compare"), dict):
        shared["compare"] = Comparing(**shared["compare"])
    if isinstance(changes.get("configuration"), str):
        shared["id"] = changes.pop("configuration")
    if "collapse" in changes:
        # Sentences are read as those of older records are.
        changes["collapse"] = [text and read_reason(text) for text in changes["collapse"]]
    configuration = replace(changes.pop("configuration", record.configuration), **shared)
    return replace(record, configuration=configuration, **changes)


def write(sweep, job, values=None, subdirectory=None, inputs=None, targets=None, **changes):
    """Write a run: successful with values (build, call, input, unit), failed without."""
    ok = values is not None
    record = RunRecord(
        configuration=ConfigurationRecord("a" * 12, OVERRIDES, strategy="fixed"),
        job=job,
        replicate=job,
        replay_of=None,
        status="ok" if ok else "failed",
        error=None if ok else "ValueError: no",
        seeds={"value": 42},
        metrics=[{"loss": 0.5, "accuracy": 0.75}, {"loss": 9.0, "accuracy": 0.0}] if ok else [],
        fingerprints=[{"data": "d", "init/a": "i", "outputs": "o"}] * 2 if ok else [],
        digest="0123456789abcdef" if ok else None,
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
    return write_run(place, change(record, **changes), arrays, shared=sweep)


def fingerprints(**changed):
    """Of one build, with some stages of its own."""
    stages = {"data": "d", "init/a": "i", "order/0": "r", "outputs": "o"}
    return [{**stages, **changed}]
