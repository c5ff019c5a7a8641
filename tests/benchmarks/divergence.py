"""`stop_at=divergence` against whole runs that part at step 50 of 5,000: what a further run costs.

Further runs are counted: what a sweep of more runs takes beyond one of two, of which one is the
reference. Both start the same interpreters, so that what a run itself takes is left, with all that
it does before its first step.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

APPS = Path(__file__).parents[1] / "apps"

STEP, STEPS = 50, 5000

FEW = 2
"""Runs of the smaller sweeps: the reference, and one that parts."""

MANY = {"never": 3, "divergence": 8}
"""Runs of the larger sweep of each kind. Ended runs are short, so that more of them are needed."""

WANTED = 0.03
"""Largest processor time of an ended run, as a share of that of a whole one."""

OVERRIDES = (
    "seed=fixed", "trace=steps", "builds=1", "calls=1", f"train.steps={STEPS}",
    "train.steps_per_epoch=100",
    f"train.callbacks=[{{_target_: planted_partings.Jolt, step: {STEP}}}]",
)  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """What one kind of sweep took and found."""

    run_s: float
    """Processor time of a further run, in seconds."""
    sweep_s: float
    """Processor time of the whole smaller sweep, in seconds."""
    verdicts: frozenset[str]
    first: frozenset[str]
    """Where the runs of each sweep first part."""


def main() -> None:
    """Print what a further run takes if it is ended and if it is whole, and the verdicts."""
    whole, ended = measure_cost("never"), measure_cost("divergence")
    share = ended.run_s / whole.run_s
    print(
        f"divergence: parting at step {STEP} of {STEPS}, an ended run takes {ended.run_s:.2f} s of"
        f" processor time, a whole one {whole.run_s:.2f} s: {share:.1%} (wanted: at most"
        f" {WANTED:.0%}); a sweep of {FEW} runs {ended.sweep_s:.0f} s and {whole.sweep_s:.0f} s"
    )
    for name, found in (("stop_at=never", whole), ("stop_at=divergence", ended)):
        print(f"  {name}: {', '.join(found.verdicts)}, first at {', '.join(found.first)}")


def measure_cost(stop_at: str) -> Cost:
    """Measure two sweeps of one kind."""
    few, table_few = run_sweep(stop_at, FEW)
    many, table_many = run_sweep(stop_at, MANY[stop_at])
    tables = pd.concat([table_few, table_many])
    return Cost(
        run_s=(many - few) / (MANY[stop_at] - FEW),
        sweep_s=few,
        verdicts=frozenset(tables["verdict"]),
        first=frozenset(tables["first_divergence"]),
    )


def run_sweep(stop_at: str, replicates: int) -> tuple[float, pd.DataFrame]:
    """Return the processor time of a sweep, in seconds, and its table."""
    command = [sys.executable, "-m", "runner", *OVERRIDES, f"stop_at={stop_at}"]
    command += [f"replicates={replicates}", "-m"]
    environment = {**os.environ, "PYTHONPATH": str(APPS), "RUNNER_TRUST": "planted_partings"}
    with tempfile.TemporaryDirectory() as directory:
        before = read_processor_time()
        subprocess.run(command, cwd=directory, env=environment, check=True, capture_output=True)
        took = read_processor_time() - before
        (sweep,) = Path(directory, "outputs").glob("*/*")
        return took, pd.read_csv(sweep / "table.csv")


def read_processor_time() -> float:
    """Return the processor time of all processes that this one started, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
