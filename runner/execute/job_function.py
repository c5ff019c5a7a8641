"""The function of a job of another application, which keeps how the job ended."""

from __future__ import annotations

import functools
import logging
import sys
import traceback
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobStatus
from hydra.types import TaskFunction
from omegaconf import DictConfig, OmegaConf

from runner.config.hydra_internals import read_error
from runner.config.nodes import list_overrides
from runner.errors import WorkerError
from runner.record.journal import JobEnd, note_end
from runner.text import describe_error, one_line, strip_control_characters

ERROR = "error.txt"
"""Name of the file in a job's directory that says why the job failed."""


class JobFunction:
    """Calls the function of a job inside of Hydra's run_job, in whichever process that is."""

    def __init__(self, function: TaskFunction) -> None:
        # Callbacks of the application see it.
        functools.update_wrapper(self, function, updated=())
        self.function = function
        self.journal: Path | None = None
        """Where jobs that end are noted, and the person is told of those that fail; None where
        the process that starts the jobs does both."""

    def __call__(self, cfg: DictConfig) -> Any:
        """Call the function; if it raises an error, write that into the job's directory.

        A call of `sys.exit` becomes a WorkerError, so that it fails its job and ends no other.
        """
        directory = Path(HydraConfig.get().runtime.output_dir)
        try:
            value = self.function(cfg)
        except (Exception, SystemExit) as error:
            _keep_error(error, directory)
            self._note("failed", one_line(describe_error(error)), directory)
            if isinstance(error, SystemExit):
                raise WorkerError(describe_error(error)) from error
            raise
        self._note("ok", "", directory)
        return value

    def _note(self, status: Any, reason: str, directory: Path) -> None:
        if self.journal is None:
            return
        hydra = HydraConfig.get()
        if status == "failed":
            line = f"failed: {' '.join(list_overrides(hydra)) or 'job'}: {reason}"
            print(strip_control_characters(line), file=sys.stderr, flush=True)
        keep_end(self.journal, JobEnd(int(hydra.job.num), status, reason, str(directory)))


def describe_failure(returned: JobReturn) -> str | None:
    """Return why a job failed; None if it succeeded."""
    if returned.status is JobStatus.COMPLETED:
        return None
    return describe_error(read_error(returned))


def describe_end(job: int, returned: JobReturn) -> JobEnd:
    """Return how the job with this number ended, from what its launcher returned."""
    reason = describe_failure(returned)
    hydra = returned.hydra_cfg
    directory = None if hydra is None else OmegaConf.select(hydra, "hydra.runtime.output_dir")
    # Hydra does not return the directory of a job that died; our launcher gives it as this.
    directory = directory or returned.working_dir or ""
    if reason is None:
        return JobEnd(job, "ok", "", directory)
    return JobEnd(job, "failed", one_line(reason), directory)


def keep_end(journal: Path, end: JobEnd) -> None:
    """Note how a job ended. Where that cannot be written the job still counts, but not later on."""
    try:
        note_end(journal, end)
    except OSError as error:
        _warn(journal, error)


def keep_reason(reason: str, directory: Path) -> None:
    """Append why a job failed to the file ERROR in its directory."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with (directory / ERROR).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{reason}\n")
    except OSError as error:
        _warn(directory / ERROR, error)


def _keep_error(error: BaseException, directory: Path) -> None:
    """Write the traceback of a job into ERROR, and into those of its log files that are its own."""
    trace = error.__traceback__
    lines = traceback.format_exception(type(error), error, trace and trace.tb_next)
    text = "".join(lines).rstrip().encode(errors="backslashreplace").decode()
    keep_reason(text, directory)
    record = logging.LogRecord("runner", logging.ERROR, __file__, 0, f"failed:\n{text}", (), None)
    for handler in logging.getLogger().handlers:
        own = (
            isinstance(handler, logging.FileHandler)
            and directory in Path(handler.baseFilename).parents
        )
        if own:
            handler.handle(record)


def _warn(path: Path, error: OSError) -> None:
    print(strip_control_characters(f"{path}: {error.strerror}"), file=sys.stderr, flush=True)
