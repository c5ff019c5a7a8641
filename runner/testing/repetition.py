"""Runs a function several times, and says in text why its runs are not the same."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runner.api.function_audit import audit_function
from runner.api.function_package import name_function
from runner.api.shown_progress import FirstFailureError, StopAtFailure
from runner.api.started_sweeps import load_sweep
from runner.api.sweep_results import Results
from runner.errors import ConfigError, RunFailed
from runner.numeric.verdicts import State
from runner.record.record import LOG

MIN_RUNS = 2
"""Runs that it takes to see a difference."""

PARTED = (State.ROUNDING, State.DIFFERS)
"""What a verdict says of runs where its sentence names the stage at which they part."""

MOST_LINES = 40
"""Lines of a failed run's log that are shown."""


def find_failure(
    function: Callable[..., Any],
    inputs: Any,
    runs: int,
    options: Mapping[str, Any],
    name: str | None = None,
) -> str | None:
    """Return why a function's runs are not bitwise the same; None if they are.

    Args:
        function: what is run.
        inputs: its argument; None: it is called without one.
        runs: how many processes call it.
        options: config key to value.
        name: of what is run, for the text; None for that of the function.

    Raises:
        ConfigError: `runs` is less than 2, or the function cannot be copied to other processes.
    """
    if isinstance(runs, bool) or not isinstance(runs, int) or runs < MIN_RUNS:
        raise ConfigError("runs", "must be a whole number from 2, as one run shows nothing", runs)
    settings = {"seed": "unset", "builds": 1, "replays": 0, **options, "replicates": runs}
    said = name or name_function(function)
    with tempfile.TemporaryDirectory(prefix="runner-test-") as place:
        directory = Path(place, "sweep")
        try:
            results = audit_function(function, inputs, settings, directory, StopAtFailure)
        except FirstFailureError:
            results = load_sweep(directory)
        if results.failure is not None:
            return _explain_failure(results, said)
        parting = _find_parting(results)
        if parting is None:
            return None
        head = f"{said} is not the same in {runs} fresh processes"
        # Where outputs differ, it was said already at which stage, and by which line.
        further = () if results.verdict().runs in PARTED else (parting,)
        return "\n\n".join((head, results.explain(), *further))


def _explain_failure(results: Results, said: str) -> str:
    """Return why a run failed, with the end of its log."""
    failed = results.runs[results.runs["status"] == "failed"]
    if not len(failed):
        return f"{said} could not be run: {results.failure}"
    reason, directory = str(failed["error"].iloc[0]), failed["dir"].iloc[0]
    number = int((results.runs["status"] == "ok").sum()) + 1
    text = f"{said} failed in run {number}, after which no further one was made: {reason}"
    log = results.directory / directory / LOG
    lines = log.read_text("utf-8", "backslashreplace").splitlines() if log.is_file() else []
    if lines and lines[-1].startswith(RunFailed.__module__):
        lines.pop()  # an error of ours is one line, which was said above
    if not any(map(str.strip, lines)):
        return text
    return "\n".join([text, "", "Its log ends with:", *lines[-MOST_LINES:]])


def _find_parting(results: Results) -> str | None:
    """Return where a run differs from the first one; None if all are the same bit for bit.

    Outputs, metrics and stages count that the function returned. What was seen of it from outside,
    such as the rows of a training, may vary where these are the same.
    """
    first, *others = results.runs["dir"]
    for other in others:
        compared = results.diff(first, other)
        if not compared.same_results:
            return compared.difference.conclusion
    return None
