"""What tests of the command line share."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from runner.analysis.results import Results, collate

pytest_plugins = ("fast_selection", "forked_commands", "golden_files")

APPS = Path(__file__).parent / "apps"

os.environ["RUNNER_TRUST"] = ",".join(
    [
        *(
            "collapsing",
            "deciding",
            "faulty",
            "leaving",
            "dying",
            "own_training",
            "planted",
            "planted_layers",
            "truth_sources",
        ),
        *("no-such-program", "python", "json", "my_data", "tensorflow"),
        *("test_keras_task", "test_step_trace", "builtins"),
    ]
)
"""What tests need trust for; those of trust itself (tests/trust) start without."""


for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
    os.environ.pop(name, None)  # what a terminal sets would change what is printed


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """Let a test draw the same each time: what it says of drawn weights depends on them.

    pytest-randomly would seed again after the fixtures, with another seed for each session,
    so that it only orders the tests (`--randomly-dont-reset-seed`).
    """
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  (it is the global generator that tests draw from)


@dataclass
class Starting:
    """How tests start commands."""

    kept: dict[str, str] = field(default_factory=dict)
    """Environment variables by which runs fork from interpreters kept for other tests' commands."""
    forked: bool = False
    """Whether commands themselves are forked, see `forked_commands`."""


STARTING = Starting()


def pytest_configure(config):
    """Let tests keep interpreters: a sweep's own would take half of their time.

    Exhaustive tests start new ones for each sweep, as commands do unless they are asked. The
    default tests also fork their commands, see `forked_commands`.
    """
    if sys.platform == "linux" and config.option.markexpr != "exhaustive":
        STARTING.kept["RUNNER_KEEP_WARM"] = "40s"
        STARTING.forked = "not slow" in config.option.markexpr


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Begin with the files that start processes: a long one at the end would run alone."""
    items.sort(key=lambda item: item.get_closest_marker("process") is None)


@dataclass(frozen=True)
class Ended:
    """A command that ended."""

    status: int
    out: str
    err: str
    cwd: Path

    @property
    def sweep(self) -> Path:
        """The one directory that the command wrote."""
        (found,) = (self.cwd / "outputs").glob("*/*")
        return found

    @property
    def results(self) -> Results:
        """What the directory says, read anew."""
        return collate(self.sweep)

    def rows(self, key: str) -> dict[str, pd.Series]:
        """The table's rows by the value of an override."""
        return {row[key]: row for _, row in self.results.table.iterrows()}


def run_cli(
    cwd: Path,
    *arguments: str,
    timeout: float = 300,
    keep_order: bool = False,
    **environment: str,
) -> Ended:
    """Run `python -m runner` in a directory, with the modules of tests/apps importable."""
    cwd.mkdir(parents=True, exist_ok=True)
    kept = {} if environment else STARTING.kept
    # Hydra's parser wants all overrides in one stretch.
    ordered = sorted(arguments, key=lambda a: a.startswith("-") and not keep_order)
    if STARTING.forked and not any(name.startswith("PYTHON") for name in environment):
        settings = {"PYTHONPATH": str(APPS), **kept, **environment}
        from forked_commands import open_forks  # a plugin, which pytest imports after this file

        forked = open_forks().run(cwd, ordered, timeout, **settings)
        return Ended(forked.returncode, forked.stdout, forked.stderr, cwd)
    done = subprocess.run(
        [sys.executable, "-m", "runner", *ordered],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(APPS), **kept, **environment},
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr, cwd)


@pytest.fixture
def cli(tmp_path):
    """Run the command line in a directory of the test's own."""

    def run(*arguments: str, **settings) -> Ended:
        return run_cli(tmp_path / "work", *arguments, **settings)

    return run
