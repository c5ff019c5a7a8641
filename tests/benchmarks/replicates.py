"""`replicates=auto` against 30 runs of each configuration: the same verdicts, from fewer runs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

FOUR = "experiment/article=loop,cause_seeded_once,new_seed_before_predicting,seeded_initializers"

SWEEPS = {
    "four of the tutorial's experiments, verdicts alone": (FOUR, "claims=[]"),
    "all of them, verdicts alone": ("experiment/article=glob(*)", "claims=[]"),
    "all of them, with their claims": ("experiment/article=glob(*)",),
    "attribution, one epoch": ("experiment=attribution", "train.epochs=1"),
    "the README's grid, one epoch": ("seed=fixed,random", "shuffle=on,off", "train.epochs=1"),
}
"""What is run, to its overrides: shipped experiments, cut short where they train for long."""

REPLICATES = 30
WANTED = 0.4
"""Largest share of the runs, for verdicts alone."""


def main() -> None:
    """Print for each sweep how many of the runs it takes, and which verdicts are others."""
    for name, overrides in SWEEPS.items():
        print(compare_runs(name, overrides), flush=True)


def compare_runs(name: str, overrides: Sequence[str]) -> str:
    """Return in one line how a sweep with `replicates=auto` compares with one of 30 runs."""
    few, many = (run_sweep(overrides, each) for each in ("auto", str(REPLICATES)))
    share = few["made"].sum() / many["made"].sum()
    other = few.index[few["verdict"] != many["verdict"].reindex(few.index)]
    verdicts = f"other verdicts of {', '.join(other)}" if len(other) else "the same verdicts"
    return (
        f"replicates: {name}: {few['made'].sum()} of {many['made'].sum()} runs, {share:.0%}"
        f" (wanted of verdicts alone: at most {WANTED:.0%}); {verdicts} of {len(few)}"
        " configurations"
    )


def run_sweep(overrides: Sequence[str], replicates: str) -> pd.DataFrame:
    """Return the verdict of each configuration, and how many runs were made, replays included."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "runner", *overrides, f"replicates={replicates}", "-m"]
        ended = subprocess.run(command, cwd=directory, check=False, capture_output=True, text=True)
        if ended.returncode > 1:  # 1: claims were refuted
            raise RuntimeError(ended.stderr)
        (sweep,) = Path(directory, "outputs").glob("*/*")
        table = pd.read_csv(sweep / "table.csv").set_index("configuration")
        made = pd.read_csv(sweep / "runs.csv").groupby("configuration").size()
    return table[["verdict"]].assign(made=made)
