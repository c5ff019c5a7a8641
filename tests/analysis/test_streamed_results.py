"""Tests that sweeps whose arrays are not kept give the results of those whose arrays are."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from synthetic import write

from runner.analysis import results
from runner.analysis.results import Results, collate
from runner.errors import RecordError
from runner.page.sweep_page import SweepState, make_page
from runner.record import store
from runner.record.record import OUTPUTS, RECORD

SHAPES = ((1, 1, 4, 3), (2, 2, 4, 3), (1, 2, 6, 1))
TYPES = (np.float32, np.float64, np.int32, np.float16)


def write_random_sweep(directory: Path, seed: int) -> None:
    """Write configurations of many kinds: equal, rounded and other runs, replays and failures."""
    random = np.random.default_rng(seed)
    job = 0
    for configuration in range(random.integers(2, 7)):
        shape = SHAPES[random.integers(len(SHAPES))]
        dtype = TYPES[random.integers(len(TYPES))]
        kind = ["same", "rounding", "differs", "mixed"][random.integers(4)]
        base = random.normal(size=shape) * 10
        shared = {
            "configuration": f"{configuration % 5:012x}",
            "overrides": {"model": f"m{configuration % 3}", "shuffle": str(configuration // 3)},
            "strategy": "random",
            "vary": [["init"], ["order"], None][configuration % 3],
        }
        first = job
        for replicate in range(random.integers(1, 7)):
            values = base.copy()
            if kind == "rounding":
                values *= 1 + 1e-7 * replicate
            elif kind == "differs":
                values += random.normal(size=shape)
            elif kind == "mixed" and replicate % 2:
                values = random.normal(size=[n + 1 for n in shape])
            ok = random.random() > 0.15
            digest = str(values.astype(dtype).tobytes()[:8])
            write(
                directory,
                job,
                values.astype(dtype) if ok else None,
                inputs=np.arange(values.shape[2]) // (1 + seed % 2),
                targets=np.arange(values.shape[2]) % 2,
                seeds={"value": int(random.integers(3))},
                replay_of=first
                if replicate and kind != "mixed" and random.random() < 0.2
                else None,
                digest=digest if ok else None,
                metrics=[{"loss": float(random.random()), "accuracy": 0.5}] if ok else [],
                fingerprints=[{"data": "d", "init/a": kind, "outputs": digest}] if ok else [],
                **shared,
            )
            job += 1


def describe(found: Results) -> dict[str, object]:
    """Return everything that results hold, outputs and page included, as what can be compared."""
    frames = ("table", "runs", "factors", "attribution", "claims", "findings")
    described: dict[str, object] = {
        name: None if (frame := getattr(found, name)) is None else frame.to_json()
        for name in frames
    }
    described |= {name: getattr(found, name) for name in ("sentences", "problems", "signals")}
    described["environments"] = json.dumps(found.environments)
    described["outputs"] = {
        id: [
            str(value.dtype) + str(value.shape) + value.tobytes().hex()
            if isinstance(value, np.ndarray)
            else repr(value)
            for value in (getattr(each, item.name) for item in dataclasses.fields(each))
        ]
        for id, each in found.outputs.items()
    }
    described["page"] = make_page(found, SweepState())
    return described


@pytest.mark.parametrize("seed", range(12))
def test_results_do_not_depend_on_whether_arrays_are_kept(seed, tmp_path, monkeypatch):
    write_random_sweep(tmp_path, seed)
    kept = collate(tmp_path)
    monkeypatch.setattr(results, "MOST_BYTES", 100)  # the first run is kept, and let go
    streamed = collate(tmp_path)
    assert all(each.kept is not None for each in kept.evidence)
    assert all(each.kept is None for each in streamed.evidence)
    assert describe(streamed) == describe(kept)


def test_arrays_that_are_removed_meanwhile_are_an_error_and_not_missing(tmp_path, monkeypatch):
    for job in range(3):
        write(tmp_path, job, np.ones((1, 1, 4, 3), np.float32))
    monkeypatch.setattr(results, "MOST_BYTES", 100)
    (evidence,) = collate(tmp_path).evidence
    (tmp_path / "1" / OUTPUTS).unlink()
    with pytest.raises(RecordError, match="cannot be read"):
        _ = evidence.outputs


def count_reads(directory: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Collate a directory, and count the files that are read, by name."""
    counts: dict[str, int] = {}
    read = store.read_file

    def count(path: Path) -> bytes:
        counts[path.name] = counts.get(path.name, 0) + 1
        return read(path)

    with monkeypatch.context() as patched:
        patched.setattr(store, "read_file", count)
        collate(directory)
    return counts


@pytest.mark.parametrize("most", [100, 2**30], ids=["streamed", "kept"])
def test_files_are_read_in_proportion_to_runs(most, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "MOST_BYTES", most)
    values = np.ones((1, 1, 4, 3), np.float32)
    counts = []
    for runs in (20, 80):
        sweep = tmp_path / str(runs)
        for job in range(runs):
            overrides = {"model": f"m{job // 10}"}
            write(sweep, job, values, configuration=f"{job // 10:012x}", overrides=overrides)
        counts.append(count_reads(sweep, monkeypatch))
    # Each is read once where it is kept; otherwise to be verified, to be stacked, and for a pair.
    times = 1 if most > 100 else 4
    for runs, found in zip((20, 80), counts, strict=True):
        assert found[RECORD] == runs
        assert runs <= found[OUTPUTS] <= times * runs


def test_an_unread_run_is_not_a_failed_one(tmp_path, monkeypatch):
    write(tmp_path, 0, np.ones((1, 1, 4, 3), np.float32))
    write(tmp_path, 1, None)
    monkeypatch.setattr(results, "MOST_BYTES", 0)
    table = collate(tmp_path).table
    assert isinstance(table, pd.DataFrame)
    assert table["runs"].tolist() == [1]
    assert table["failed"].tolist() == [1]
