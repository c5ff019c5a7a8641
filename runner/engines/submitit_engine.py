"""Hosts agents in jobs of submitit: on this machine, or in a cluster that Slurm manages."""

from __future__ import annotations

import contextlib
import io
import socket
import subprocess
import time
import warnings
from pathlib import Path
from typing import Any

import submitit
from submitit.core.utils import FailedJobError, FailedSubmissionError

from runner.engines.engine import EngineSettings, Hosting
from runner.errors import ConfigError, WorkerError
from runner.text import format_error, one_line

LOCAL = "submitit_local"

DEFAULTS: dict[str, dict[str, Any]] = {
    # Minutes. Nobody else waits for this machine; a job that Slurm ends is replaced by another.
    LOCAL: {"timeout_min": 30 * 24 * 60},
    "submitit_slurm": {"timeout_min": 60},
}
"""Parameters that are told to submitit unless the options say otherwise; its own are 5 minutes."""

ASK_S = 2.0
"""Seconds between two questions to Slurm about a job."""


class SubmititEngine:
    """Makes each call in a job of its own."""

    def __init__(self, executor: submitit.Executor, *, local: bool) -> None:
        self.local = local
        self._executor = executor

    def find_address(self) -> str:
        """Return this machine's name, which the nodes of a cluster know."""
        return "127.0.0.1" if self.local else socket.getfqdn()

    def start(self, hosting: Hosting) -> SubmititJob:
        """Submit a job for the call.

        Raises:
            WorkerError: Slurm refuses the job.
        """
        try:
            with contextlib.redirect_stderr(io.StringIO()):  # it prints what it raises
                job = self._executor.submit(hosting)
            return SubmititJob(job) if self.local else SlurmJob(job)
        except (FailedJobError, FailedSubmissionError) as error:
            said = [each.removeprefix("sbatch: error: ") for each in str(error).splitlines()]
            rule = f"the job that hydra.launcher.options describe was refused: {'; '.join(said)}"
            raise WorkerError(one_line(rule)) from None

    def close(self) -> None:
        """Do nothing: each job ends by itself."""


class SubmititJob:
    """A call in a job of its own."""

    def __init__(self, job: submitit.Job[str]) -> None:
        self._job = job

    def find_end(self) -> str | None:
        """Return one line on how the call ended; None while it waits or goes on."""
        return self._read_result() if self._job.done() else None

    def cancel(self) -> None:
        """End the job, or take it out of the queue."""
        if self.find_end() is None:
            with contextlib.suppress(ProcessLookupError):
                self._job.cancel()

    def _read_result(self) -> str:
        try:
            return str(self._job.result())
        except Exception as error:
            first = format_error(error).partition("\n")[0]
            return one_line(f"job {self._job.job_id}: {first}")


class SlurmJob(SubmititJob):
    """A call in a job of Slurm's. submitit asks its accounting, which not every cluster has."""

    def __init__(self, job: submitit.Job[str]) -> None:
        super().__init__(job)
        self._asked_s = time.monotonic()
        self._missed = 0

    def find_end(self) -> str | None:
        """Return one line on how the call ended; None while it waits or goes on."""
        if self._job.paths.result_pickle.exists():
            return self._read_result()
        if time.monotonic() < self._asked_s + ASK_S:
            return None
        self._asked_s = time.monotonic()
        self._missed = 0 if _is_queued(self._job.job_id) else self._missed + 1
        # A result may reach this machine later than the news that the job has ended.
        gone = self._missed > 1
        return f"Slurm has ended its job {self._job.job_id}" if gone else None


def _is_queued(job_id: str) -> bool:
    """Return whether a job waits or runs, as far as Slurm says."""
    command = ["squeue", "--noheader", f"--jobs={job_id}", "--format=%T"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    if asked.returncode:
        return "Invalid job id" not in asked.stderr  # or Slurm is out of reach for a moment
    return bool(asked.stdout.strip())


def open_engine(settings: EngineSettings, folder: Path) -> SubmititEngine:
    """Open one of submitit's executors.

    Raises:
        ConfigError: Slurm is not there, or the executor does not know an option.
    """
    local = settings.name == LOCAL
    kind = submitit.LocalExecutor if local else submitit.SlurmExecutor
    if kind.affinity() < 0:
        rule = "needs Slurm's command sbatch, which is not here"
        raise ConfigError("hydra/launcher", rule, settings.name)
    executor = submitit.AutoExecutor(folder / "submitit", cluster=kind.name())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # it warns of names that it knows no longer
            options = {"name": "runner", **DEFAULTS[settings.name], **settings.options}
            executor.update_parameters(**options)
    except (AssertionError, NameError, TypeError, ValueError, Warning) as error:
        rule = f"are not what submitit knows: {one_line(str(error))}"
        raise ConfigError("hydra.launcher.options", rule, dict(settings.options)) from None
    return SubmititEngine(executor, local=local)
