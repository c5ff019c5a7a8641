"""A no-op Hydra application: 200 jobs under our sweeper and launcher, and under Hydra's basic ones.

What both take for a single job (starting Python, Hydra and the warm parents) is taken off both.
"""

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

FILES = {
    "app.py": """
import hydra


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg):
    return 0


main()
""",
    "conf/config.yaml": """
defaults:
  - database: mysql
  - server: local
  - _self_
x: 0
""",
    "conf/database/mysql.yaml": "driver: mysql\nuser: someone\ntimeout_s: 10\n",
    "conf/server/local.yaml": "host: localhost\nport: 80\npaths:\n  root: /\n  data: ${x}\n",
}


def main() -> None:
    """Print what a job costs under each, and the ratio."""
    ours = ("hydra/sweeper=runner", "hydra/launcher=runner")
    ratios = []
    with tempfile.TemporaryDirectory() as directory:
        for name, text in FILES.items():
            path = Path(directory) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        app = Path(directory) / "app.py"
        sweep = f"x=range({CONFIGURATIONS})"
        for _ in range(ROUNDS):
            runner = run(app, sweep, *ours, f"hydra.sweeper.replicates={REPLICATES}")
            runner -= run(app, "x=0", *ours)
            basic = run(app, sweep, f"+replicate=range({REPLICATES})") - run(app, "x=0")
            ratios.append(runner / basic)
            print(f"  overhead: runner {runner / JOBS * 1e3:.1f} ms a job, a process each;")
            print(f"            basic launcher {basic / JOBS * 1e3:.1f} ms a job, all in one")
    ratio = statistics.median(ratios)
    print(f"overhead: {ratio:.2f} of Hydra's basic launcher (wanted: at most 0.20)")


def run(app: Path, *arguments: str) -> float:
    """Return the seconds that the application takes as a whole."""
    command = [sys.executable, str(app), *arguments, "-m"]
    with tempfile.TemporaryDirectory() as directory:
        started = time.perf_counter()
        subprocess.run(command, cwd=directory, check=True, capture_output=True)
        return time.perf_counter() - started
