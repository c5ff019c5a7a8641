"""Collating 10,000 synthetic runs: linear in the runs, and under 1 GiB."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

RUNS = 10_000
SMALL = 1_000
A_CONFIGURATION = 100

MEASURE = """
import resource, sys, time
import runner
runner.load(sys.argv[2])  # imports, and a warm file cache of the small one
started = time.perf_counter()
runner.load(sys.argv[1])
unit = 1 if sys.platform == "darwin" else 1024
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
"""


def main() -> None:
    """Print the seconds for 10,000 runs against those for 1,000, and the peak memory."""
    with tempfile.TemporaryDirectory() as directory:
        small, large = Path(directory) / "small", Path(directory) / "large"
        write_runs(small, SMALL)
        write_runs(large, RUNS)
        first, _ = measure(small, small)
        second, peak = measure(large, small)
    print(
        f"collation: {RUNS} runs take {second / first:.1f} times as long as {SMALL} (linear: 10),"
    )
    print(f"  {second:.1f} s, {peak / 2**20:.0f} MiB at most (wanted: under 1024)")


def write_runs(directory: Path, count: int) -> None:
    """Write synthetic records of the size that the default command makes."""
    from runner.record.record import ConfigurationRecord, RunArrays, RunRecord
    from runner.record.store import write_run

    random = np.random.default_rng(0)
    inputs = np.arange(64, dtype=np.uint64)
    stages = [f"init/dense_{i}/kernel" for i in range(4)] + [f"order/{i}" for i in range(5)]
    fsync, os.fsync = os.fsync, lambda fd: None
    try:
        for job in range(count):
            configuration = job // A_CONFIGURATION
            outputs = random.random((1, 2, 64, 10), np.float32)
            shared = ConfigurationRecord(
                id=f"{configuration:012x}",
                overrides={"model": f"m{configuration}", "seed": "random"},
                strategy="random",
            )
            record = RunRecord(
                configuration=shared,
                job=job,
                replicate=job % A_CONFIGURATION,
                replay_of=None,
                status="ok",
                seeds={"value": job},
                metrics=[{"loss": 0.5, "accuracy": 0.9}],
                fingerprints=[dict.fromkeys(stages, f"{job:016x}")],
                digest=f"{job:016x}",
                environment={"python": "3"},
                wall_s=1.0,
                peak_rss_bytes=1,
                hash_seed=0,
            )
            arrays = RunArrays(outputs, inputs)
            write_run(directory / str(job), record, arrays, shared=directory)
    finally:
        os.fsync = fsync


def measure(directory: Path, warm: Path) -> tuple[float, int]:
    """Return seconds and peak bytes of loading a directory in a process of its own."""
    command = [sys.executable, "-c", MEASURE, str(directory), str(warm)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak = done.stdout.split()
    return float(seconds), int(peak)
