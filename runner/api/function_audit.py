"""Audits a function that a program has at hand: as a sweep of one configuration."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runner.api.function_package import name_function, pack_function
from runner.api.started_sweeps import start_sweep
from runner.api.sweep_arguments import make_sweep_arguments
from runner.api.sweep_process import ShownProgress
from runner.api.sweep_results import Results
from runner.tasks.audited_function import VARIABLE
from runner.tasks.function import AUDITED

SLOW = ("tensorflow", "keras", "sklearn")
"""Modules that warm parents import once, if the program has imported them."""


def audit_function(
    function: Callable[..., Any],
    inputs: Any,
    options: Mapping[str, Any],
    directory: str | os.PathLike[str] | None,
    progress: Callable[[int], ShownProgress],
) -> Results:
    """Run a function several times in fresh processes, and return the results.

    Args:
        function: what is run.
        inputs: its argument; None: it is called without one.
        options: config key to value, such as `replicates`.
        directory: of the sweep; None for outputs/DATE/TIME.
        progress: makes the display of progress for a number of runs.

    Raises:
        RunnerError: the function cannot be packed, or the sweep was refused or ended early.
    """
    packed = pack_function(function, inputs)
    settings = {
        "task": "function",
        "task.function": AUDITED,
        "+task.params.name": name_function(function),
        "+task.params.digest": hashlib.sha256(packed).hexdigest(),
        "task.preload": [each for each in SLOW if each in sys.modules],
        **options,
    }
    arguments = make_sweep_arguments((), settings, directory, (AUDITED,), None)
    with tempfile.TemporaryDirectory(prefix="runner-") as place:
        file = Path(place, "function.pickle")
        file.write_bytes(packed)
        return start_sweep(arguments, progress, {VARIABLE: str(file)})
