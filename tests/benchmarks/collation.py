"""Collating up to 100,000 synthetic runs: linear in the runs, under 40 s and 1 GiB."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

SMALL, RUNS = 1_000, 10_000
COUNTS = (SMALL, RUNS, 100_000)
A_CONFIGURATION = 100

MEASURE = """
import resource, sys, time
import runner
runner.load(sys.argv[2])  # imports, and a warm file cache of the small one
started, spent = time.perf_counter(), time.process_time()
runner.load(sys.argv[1])
unit = 1 if sys.platform == "darwin" else 1024
print(time.perf_counter() - started, time.process_time() - spent)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
"""


def main() -> None:
    """Print time and peak memory for each number of runs, and the ratios to the smaller one."""
    print(f"collation: configurations of {A_CONFIGURATION} runs (wanted for 100,000: 40 s, 1 GiB)")
    with tempfile.TemporaryDirectory() as directory:
        paths = {count: Path(directory) / str(count) for count in COUNTS}
        before: float | None = None
        for count, path in paths.items():
            write_runs(path, count)
            seconds, spent, peak = measure(path, paths[COUNTS[0]])
            ratio = f", {spent / before:.1f} times the processor time" if before else ""
            print(f"  {count} runs: {seconds:.1f} s, {spent:.1f} s of processor time{ratio},")
            print(f"    {peak / 2**20:.0f} MiB at most", flush=True)
            before = spent


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


def measure(directory: Path, warm: Path) -> tuple[float, float, int]:
    """Return seconds, those of the processor, and peak bytes of loading a directory alone."""
    command = [sys.executable, "-c", MEASURE, str(directory), str(warm)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, spent, peak = done.stdout.split()
    return float(seconds), float(spent), int(peak)
