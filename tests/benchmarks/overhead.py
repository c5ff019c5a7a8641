"""A no-op Hydra application: 200 jobs under our sweeper and launcher, and under Hydra's basic ones."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 3
CONFIGURATIONS = 20
REPLICATES = 10
JOBS = CONFIGURATIONS * REPLICATES

APP = """
import hydra


@hydra.main(version_base="1.3", config_path=None)
def main(cfg):
    return 0


main()
"""


def main() -> None:
    """Print what a job costs under each, and the ratio."""
    ratios = []
    with tempfile.TemporaryDirectory() as directory:
        app = Path(directory) / "app.py"
        app.write_text(APP)
        sweep = [f"+x=range({CONFIGURATIONS})"]
        ours = ["hydra/sweeper=runner", "hydra/launcher=runner"]
        ours.append(f"hydra.sweeper.replicates={REPLICATES}")
        for _ in range(ROUNDS):
            runner = run(app, *sweep, *ours)
            basic = run(app, *sweep, f"+replicate=range({REPLICATES})")
            ratios.append(runner / basic)
            print(
                f"  overhead: runner {runner / JOBS * 1e3:.0f} ms a job, each in its own process,"
            )
            print(f"            basic launcher {basic / JOBS * 1e3:.0f} ms a job, all in one")
    ratio = statistics.median(ratios)
    print(f"overhead: {ratio:.2f} of Hydra's basic launcher, start included (wanted: at most 0.20)")


def run(app: Path, *arguments: str) -> float:
    """Return the seconds that the application takes as a whole."""
    command = [sys.executable, str(app), *arguments, "-m"]
    with tempfile.TemporaryDirectory() as directory:
        started = time.perf_counter()
        subprocess.run(command, cwd=directory, check=True, capture_output=True)
        return time.perf_counter() - started
