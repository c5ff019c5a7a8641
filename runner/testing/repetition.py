"""Runs a function several times, and says in text why its runs are not the same."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runner.api.function_audit import audit_function
from runner.api.function_package import name_function
from runner.api.sweep_results import Results
from runner.errors import ConfigError
from runner.record.record import LOG

MIN_RUNS = 2
"""Runs that it takes to see a difference."""

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
    with tempfile.TemporaryDirectory(prefix="runner-test-") as place:
        results = audit_function(function, inputs, settings, Path(place, "sweep"), progress=False)
        said = name or name_function(function)
        if results.failure is not None:
            return _explain_failure(results, f"{said} did not succeed in {runs} fresh processes")
        parting = _find_parting(results)
        if parting is None:
            return None
        head = f"{said} is not the same in {runs} fresh processes"
        return "\n\n".join((head, results.explain(), parting))


def _explain_failure(results: Results, head: str) -> str:
    """Return why runs failed, with the end of the log of the first of them."""
    failed = results.runs[results.runs["status"] == "failed"]
    reasons = [f"{count} failed: {each}" for each, count in failed["error"].value_counts().items()]
    text = "\n\n".join([head, *(reasons or [str(results.failure)])])
    if not len(failed):
        return text
    log = results.directory / failed["dir"].iloc[0] / LOG
    lines = log.read_text("utf-8", "backslashreplace").splitlines() if log.is_file() else []
    if not lines:
        return text
    return "\n".join([text, "", "The log of one of them ends with:", *lines[-MOST_LINES:]])


def _find_parting(results: Results) -> str | None:
    """Return where a run differs from the first one; None if all are the same bit for bit.

    Everything that runs recorded counts: outputs, metrics and stages.
    """
    first, *others = results.runs["dir"]
    for other in others:
        compared = results.diff(first, other)
        if not compared.same:
            return compared.difference.conclusion
    return None
