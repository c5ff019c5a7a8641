"""Runs Hydra jobs in a warm parent's children. Imports little, because every worker pays for it."""

from __future__ import annotations

import importlib.util
import pickle
import sys
import traceback
from typing import Any

import cloudpickle
from hydra.core.utils import JobReturn, JobStatus, configure_log, run_job, setup_globals
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from runner.config.hydra_internals import import_state, read_error
from runner.config.nodes import apply_values
from runner.errors import RunFailed, WorkerError
from runner.execute.job_function import JobFunction
from runner.text import format_error

_worker: tuple[HydraContext, TaskFunction] | None = None
"""Hydra's context and the task function: set once in a warm parent, inherited by its children."""

UNGUARDED = "the script must call its function only below if __name__ == '__main__':"
"""The rule for a script that is executed once more."""

_executing_script = False
"""Whether this process is executing the script once more, which must not start a sweep."""


def refuse_nested_sweep() -> None:
    """Refuse to start a sweep from a script that is only executed for its task function.

    Raises:
        WorkerError: this is what happens.
    """
    if _executing_script:
        raise WorkerError(UNGUARDED)


def set_up(state: Any, hydra_context: HydraContext, task_function: TaskFunction) -> None:
    """Bring Hydra's state into this process.

    Args:
        state: Hydra's state in the main process, from `export_state()`.
        hydra_context: Hydra's context of the sweep.
        task_function: The function that each job runs.
    """
    global _worker
    setup_globals()
    import_state(state)
    _worker = (hydra_context, task_function)
    _rehearse()


def set_up_script(
    state: Any, hydra_context: HydraContext, script: str, name: str, depth: int
) -> None:
    """Bring Hydra's state into this process, with a task function that cannot be pickled.

    The script is executed once more as the module `__main__`, but under the name `__mp_main__`, as
    multiprocessing does, so that it does not start its application again.

    Args:
        state: Hydra's state in the main process, from `export_state()`.
        hydra_context: Hydra's context of the sweep.
        script: The file that Python was started with.
        name: The name of a function in it.
        depth: How many decorators of that function are around the task function.

    Raises:
        WorkerError: The script starts its application under this name too.
    """
    spec = importlib.util.spec_from_file_location("__mp_main__", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["__main__"] = sys.modules["__mp_main__"] = module
    global _executing_script
    _executing_script = True
    try:
        spec.loader.exec_module(module)
    except SystemExit:
        raise WorkerError(UNGUARDED) from None
    finally:
        _executing_script = False
    function = getattr(module, name)
    for _ in range(depth):
        function = function.__wrapped__
    set_up(state, hydra_context, function)


def _rehearse() -> None:
    """Make Hydra import and prepare now what every child would prepare again (12 ms a job)."""
    silent = {"version": 1, "root": {"handlers": []}, "disable_existing_loggers": False}
    configure_log(OmegaConf.create(silent))
    # OmegaConf's parser caches how it reads a text; these are the texts in Hydra's own config.
    texts = {
        "dir": "multirun/${now:%Y-%m-%d}/${now:%H-%M-%S}",
        "subdir": "${hydra.job.num}",
        "filename": "${hydra.runtime.output_dir}/${hydra.job.name}.log",
        "resolved": "${oc.select:hydra.job.num,0}",
    }
    hydra = {"job": {"num": 0, "name": "x"}, "runtime": {"output_dir": "x"}}
    OmegaConf.to_yaml(OmegaConf.create({"hydra": hydra, **texts}), resolve=True)


def run(config: DictConfig, values: dict[str, Any], *, other: bool, printed: bool) -> JobReturn:
    """Run one job in this process, as Hydra's own launchers do.

    Args:
        config: The composed config, which is changed in place.
        values: Config key to value, for the keys in which this job differs from others of its
            configuration.
        other: Whether the job belongs to another application. Its configs are then returned too,
            as Hydra's own launchers do, and the error of a failed job is kept in its directory.
        printed: Whether the traceback of a failed job is printed on standard error.

    Returns:
        What Hydra returns for a job. If the job failed, its return value is the exception, in a
        form that can be pickled.
    """
    assert _worker is not None
    hydra_context, task_function = _worker
    apply_values(config, values)
    returned = run_job(
        hydra_context=hydra_context,
        task_function=JobFunction(task_function) if other else task_function,
        config=config,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )
    if returned.status is JobStatus.FAILED:
        error = read_error(returned)
        if printed and not isinstance(error, RunFailed):  # that of a run is printed by the run
            traceback.print_exception(error)  # a traceback cannot be pickled
        returned.return_value = _make_picklable(error)
    if not other:
        returned.cfg = returned.hydra_cfg = None
    return returned


def _make_picklable(error: BaseException) -> BaseException:
    """Return the exception, or a RuntimeError with its text if it cannot be rebuilt elsewhere.

    Many exceptions can be pickled, but not unpickled, because the arguments of their __init__ are
    missing.
    """
    try:
        pickle.loads(cloudpickle.dumps(error))
    except Exception:
        return RuntimeError(format_error(error))
    return error
