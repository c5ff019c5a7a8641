"""Looks for a fix of an audited script, and prints what was tried and what was found."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from runner.remedy.find_fix import find_fix
from runner.remedy.fix_wording import word_fix
from runner.remedy.trials import Trials, read_causes, read_trial
from runner.remedy.vary import find_variation

NONE_HELPS = (
    "None of the remedies helps: the runs differ with a seed for every generator, sorted names and"
    " sets, results in order, one thread and deterministic operations."
)


class RunSweep(Protocol):
    """Runs a sweep of the script with further overrides, in a directory."""

    def __call__(self, further: Sequence[str], where: Path, *, quiet: bool = True) -> int: ...


def print_fix(directory: Path, run: RunSweep, seed: str) -> None:
    """Look for the smallest change that makes runs repeat, or vary where they never do.

    Args:
        directory: of the sweep of the script as it is.
        run: runs further sweeps of it.
        seed: the seed strategy of that sweep.
    """
    before = read_trial(directory)
    if not before.runs:
        return
    base = directory.with_name(f"{directory.name}-fix")
    causes = read_causes(directory)

    def try_sweep(further: Sequence[str], where: Path) -> None:
        strategy = [] if any(each.startswith("seed=") for each in further) else [f"seed={seed}"]
        run([*strategy, *further], where)

    trials = Trials(try_sweep, base, lambda line: print(line, file=sys.stderr, flush=True))
    print()
    if before.same:
        for line in find_variation(directory, trials):
            print(line)
        return
    fix = find_fix(causes, trials)
    for line in [NONE_HELPS] if fix is None else word_fix(fix, causes, before.seconds):
        print(line)
