"""Run a training configuration again and say whether, and why, its output changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner import errors as errors

if TYPE_CHECKING:
    from runner.api.sweep_results import Results
    from runner.compare.sweeps import SweepDifference

__all__ = ["audit", "compare_sweeps", "load", "run"]


def run(
    overrides: Sequence[str] = (),
    *,
    directory: str | os.PathLike[str] | None = None,
    trust: Sequence[str] = (),
    config_dir: str | os.PathLike[str] | None = None,
    progress: bool = True,
    **options: Any,
) -> Results:
    """Run a sweep as `python -m runner OVERRIDES -m` does, and return its results.

    It runs in a process of its own, so that nothing in this one changes.

    Args:
        overrides: such as `["seed=fixed,random", "shuffle=on,off"]`; several values are swept over.
        directory: of the sweep; None for outputs/DATE/TIME. A taken name gets a number.
        trust: packages, dotted names and programs of yours that configs may use.
        config_dir: a directory of your own configs.
        progress: whether progress is shown.
        options: config keys with one value each, such as `replicates=10` or `builds=2`.

    Returns:
        The results. Runs that failed are among them, and `failure` says so.

    Raises:
        runner.errors.RunnerError: the sweep was refused, or ended early; the text is the line that
            the command line prints.
    """
    from runner.api.shown_progress import select_progress
    from runner.api.started_sweeps import start_sweep
    from runner.api.sweep_arguments import make_sweep_arguments

    arguments = make_sweep_arguments(overrides, options, directory, trust, config_dir)
    return start_sweep(arguments, select_progress(progress))


def audit(
    function: Callable[..., Any],
    inputs: Any = None,
    *,
    seed: str = "unset",
    directory: str | os.PathLike[str] | None = None,
    progress: bool = True,
    **options: Any,
) -> Results:
    """Run a function of yours several times in fresh processes, and say what varies.

    The function may come from anywhere, also from a cell of a notebook. What it refers to is copied
    into every run. Calling this is the trust in it.

    Args:
        function: is called as `function(inputs)`, or without an argument if `inputs` is None. If it
            has a parameter `seeds`, it gets the run's seeds by that name. It returns an array, a
            number, a list of these, or what `task=function` expects: a mapping of arrays (outputs),
            numbers (metrics), `stages`, `inputs` and `targets`.
        inputs: whatever the function takes. Outputs with as many rows as `inputs` has are compared
            input by input too.
        seed: unset leaves the global generators as they are; fixed, random and derived seed them.
        directory: of the sweep; None for outputs/DATE/TIME.
        progress: whether progress is shown.
        options: config keys with one value each, such as `replicates=10` or `builds=1`.

    Returns:
        The results, of one configuration.

    Raises:
        runner.errors.RunnerError: the function cannot be copied to other processes, or the sweep
            was refused or ended early.
    """
    from runner.api.function_audit import audit_function
    from runner.api.shown_progress import select_progress

    settings = {"seed": seed, **options}
    return audit_function(function, inputs, settings, directory, select_progress(progress))


def load(path: str | os.PathLike[str]) -> Results:
    """Rebuild a sweep's results from its directory.

    Args:
        path: the directory of a sweep, or any directory with records below it.

    Returns:
        The results, as `runner.run` returns them.

    Raises:
        runner.errors.RunnerError: the directory is missing, or no record is in it or below it.
            Records that are damaged raise nothing: `problems` lists them.
    """
    from runner.api.started_sweeps import load_sweep

    return load_sweep(Path(path))


def compare_sweeps(a: str | Path, b: str | Path) -> SweepDifference:
    """Compare two sweeps.

    Args:
        a: the directory of a sweep, or a lock of one.
        b: another.

    Returns:
        `configurations` (each with its state, verdicts and metrics), `only_a`, `only_b`,
        `environment`, and `is_same()`.

    Raises:
        runner.errors.RunnerError: one of them is neither.
    """
    from runner.compare.lock_yaml import read_side
    from runner.compare.sweeps import compare_sweeps

    return compare_sweeps(read_side(Path(a)), read_side(Path(b)))
