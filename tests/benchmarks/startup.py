"""What a sweep costs before its first run and for each run, and what kept interpreters save."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 3
FEW, MANY = 2, 12
"""Numbers of runs of two sweeps, whose difference is the price of a run."""


def main() -> None:
    """Print processor seconds of a sweep and a run, and the ratio of a second command's time."""
    few, many = (min(measure_cpu_s(runs) for _ in range(ROUNDS)) for runs in (FEW, MANY))
    each = (many - few) / (MANY - FEW)
    print(f"startup: a sweep takes {few - FEW * each:.1f} s of processor time besides its runs,")
    print(f"  and {each:.2f} s a run of the default model")
    ratios = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(dir="/tmp") as runtime:
            kept = {"XDG_RUNTIME_DIR": runtime, "RUNNER_KEEP_WARM": "60s"}
            first, second = (run_grid(kept) for _ in range(2))
            end_kept(kept)
        ratios.append(second / first)
    print(f"startup: a second command with --keep-warm takes {statistics.median(ratios):.2f} of")
    print(f"  the first one's time ({min(ratios):.2f} to {max(ratios):.2f}; wanted: at most 0.6)")


def measure_cpu_s(runs: int) -> float:
    """Return the processor seconds of a sweep and all its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run([f"replicates={runs}", "seed=fixed"])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run_grid(environment: dict[str, str]) -> float:
    """Return the seconds that the README's grid takes with builds=1."""
    started = time.perf_counter()
    run(["seed=fixed,random", "shuffle=on,off"], **environment)
    return time.perf_counter() - started


def run(overrides: list[str], **environment: str) -> None:
    """Run a sweep in a directory of its own."""
    command = [sys.executable, "-m", "runner", *overrides, "builds=1", "calls=1", "replays=0", "-m"]
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(
            command,
            cwd=directory,
            env={**os.environ, **environment},
            check=True,
            capture_output=True,
        )


def end_kept(environment: dict[str, str]) -> None:
    """End the interpreters that were kept."""
    code = "from runner.processes.keep_warm import end_all; end_all()"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **environment}, check=True)
