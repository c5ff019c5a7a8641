"""The README's grid against a shell loop of plain Keras scripts that do the same 20 trainings."""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 3
REPLICATES = 5
SCRIPT = Path(__file__).parents[1] / "apps" / "plain_script.py"


def main() -> None:
    """Print how many times faster the runner is, in alternating rounds."""
    ratios = []
    for _ in range(ROUNDS):
        runner, scripts = run_grid(), run_scripts()
        ratios.append(scripts / runner)
        print(f"  grid: runner {runner:.1f} s, scripts two at a time {scripts:.1f} s")
    ratio = statistics.median(ratios)
    print(f"grid: 20 trainings {ratio:.1f} times faster than plain scripts (wanted: at least 6)")


def run_grid() -> float:
    """Return the seconds that the runner takes for the grid, table and files included."""
    grid = ["seed=fixed,random", "shuffle=on,off", "builds=1", "calls=1", "replays=0", "-m"]
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "runner", *grid]
        started = time.perf_counter()
        subprocess.run(command, cwd=directory, check=True, capture_output=True)
        return time.perf_counter() - started


def run_scripts() -> float:
    """Return the seconds that as many plain scripts take, one a processor at a time."""
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with tempfile.TemporaryDirectory() as directory:
        jobs = itertools.product(("42", "random"), ("on", "off"), range(REPLICATES))
        lines = []
        for number, (seed, shuffle, replicate) in enumerate(jobs):
            value = seed if seed == "42" else str(1000 + replicate)
            lines.append(f"{sys.executable} {SCRIPT} {directory}/{number}.npz {value} {shuffle}")
        started = time.perf_counter()
        subprocess.run(
            ["xargs", "-P", str(workers), "-I{}", "sh", "-c", "{}"],
            input="\n".join(lines),
            text=True,
            check=True,
            capture_output=True,
        )
        return time.perf_counter() - started
