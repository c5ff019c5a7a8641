"""Looks for a fix of an audited script, and prints what was tried and what was found."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from runner.record.working_copy import make_copy
from runner.remedy.find_fix import find_fix
from runner.remedy.fix_wording import word_fix
from runner.remedy.patch import Patch, make_patch
from runner.remedy.trials import Trials, read_causes, read_trial, uses_torch
from runner.remedy.vary import find_variation
from runner.text import plural

NONE_HELPS = (
    "None of the remedies helps: the runs differ with a seed for every generator, sorted names and"
    " sets, results in order, one thread and deterministic operations."
)


class RunSweep(Protocol):
    """Runs a sweep of the script with further overrides, in a directory.

    `started_in` is the directory that the script's files are in; None: the current one.
    """

    def __call__(
        self,
        further: Sequence[str],
        where: Path,
        *,
        quiet: bool = True,
        started_in: Path | None = None,
    ) -> int: ...


def print_fix(directory: Path, run: RunSweep, seed: str, patched: str | None = None) -> None:
    """Look for the smallest change that makes runs repeat, or vary where they never do.

    Args:
        directory: of the sweep of the script as it is.
        run: runs further sweeps of it.
        seed: the seed strategy of that sweep.
        patched: path of the script, for a patch of it; None: no patch is wanted.
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
    torch = uses_torch(directory)
    for line in [NONE_HELPS] if fix is None else word_fix(fix, causes, before.seconds, torch=torch):
        print(line)
    if fix is not None and patched is not None:
        _write_patch(make_patch(fix, causes, patched, Path(), torch=torch), base, run, seed)


def _write_patch(patch: Patch, base: Path, run: RunSweep, seed: str) -> None:
    """Write a patch and try it: the script is run again with its files changed."""
    if not patch.files:
        print("No line of the script can be changed by rule, so there is no patch.")
        return
    path = base / "fix.patch"
    path.write_bytes(patch.diff(Path()).encode("utf-8"))
    with tempfile.TemporaryDirectory() as place:
        changed = Path(place) / "patched"
        make_copy(Path(), changed)
        for name, text in patch.files.items():
            (changed / name).write_bytes(text.encode("utf-8"))
        where = base / "patched"
        run([f"seed={seed}"], where.absolute(), started_in=changed)
    trial = read_trial(where)
    if not trial.same:
        path.unlink()
        fault = "the script fails" if trial.failed or not trial.runs else "the runs still differ"
        print(f"A patch was tried and is not kept: with it {fault}. Change the lines by hand.")
        return
    print(f"Patch: {path}, for patch -p1. With it the runs repeat ({plural(trial.runs, 'run')}).")
    if patch.left:
        print(f"  Not in the patch, to be changed by hand: {', '.join(patch.left)}.")
