"""What a warm parent and its children do for a Hydra job. Imports little: each worker pays."""

from __future__ import annotations

import pickle
import traceback
from typing import Any

import cloudpickle
from hydra.core.utils import JobReturn, JobStatus, configure_log, run_job, setup_globals
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from runner.config.hydra_internals import import_state, read_error
from runner.config.nodes import apply_values
from runner.text import format_error

_worker: tuple[HydraContext, TaskFunction] | None = None
"""Set once in a warm parent, inherited by its children."""


def set_up(state: Any, hydra_context: HydraContext, task_function: TaskFunction) -> None:
    """Bring Hydra's state into this process.

    Args:
        state: `export_state()` of the main process.
        hydra_context: of the sweep.
        task_function: what each job runs.
    """
    global _worker
    setup_globals()
    import_state(state)
    _worker = (hydra_context, task_function)
    _rehearse()


def _rehearse() -> None:
    """Make Hydra import and prepare here, once, what each child would otherwise (12 ms a job)."""
    silent = {"version": 1, "root": {"handlers": []}, "disable_existing_loggers": False}
    configure_log(OmegaConf.create(silent))
    # OmegaConf's parser remembers what texts look like; these are Hydra's own.
    texts = {
        "dir": "multirun/${now:%Y-%m-%d}/${now:%H-%M-%S}",
        "subdir": "${hydra.job.num}",
        "filename": "${hydra.runtime.output_dir}/${hydra.job.name}.log",
        "resolved": "${oc.select:hydra.job.num,0}",
    }
    hydra = {"job": {"num": 0, "name": "x"}, "runtime": {"output_dir": "x"}}
    OmegaConf.to_yaml(OmegaConf.create({"hydra": hydra, **texts}), resolve=True)


def run(config: DictConfig, values: dict[str, Any], *, with_configs: bool) -> JobReturn:
    """Run one job here, as Hydra's own launchers do.

    Args:
        config: composed; changed in place.
        values: config key to value: what tells this job from others of the configuration.
        with_configs: return them, as Hydra's own launchers do.
    """
    assert _worker is not None
    hydra_context, task_function = _worker
    apply_values(config, values)
    returned = run_job(
        hydra_context=hydra_context,
        task_function=task_function,
        config=config,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )
    if returned.status is JobStatus.FAILED:
        error = read_error(returned)
        traceback.print_exception(error)  # it does not travel with the exception
        returned.return_value = _portable(error)
    if not with_configs:
        returned.cfg = returned.hydra_cfg = None
    return returned


def _portable(error: BaseException) -> BaseException:
    """The exception, or its text where it cannot be rebuilt in another process.

    Many pickle and then lack the arguments of their __init__.
    """
    try:
        pickle.loads(cloudpickle.dumps(error))
    except Exception:
        return RuntimeError(format_error(error))
    return error
