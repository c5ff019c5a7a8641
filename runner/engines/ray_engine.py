"""Hosts agents in tasks of Ray: on this machine, or in a cluster that is there already."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import GetTimeoutError

from runner.engines.engine import EngineSettings, Hosting
from runner.errors import ConfigError, WorkerError
from runner.text import one_line

INIT_OPTIONS = {"address", "namespace", "runtime_env", "num_cpus", "num_gpus", "resources"}
"""Options that say which cluster is used, or how large one on this machine is."""

TASK = "task"
"""The option that holds what each agent asks of its node, such as {num_cpus: 8, num_gpus: 1}."""


class RayEngine:
    """Makes each call in a task, which Ray spreads over the nodes."""

    local = False

    def __init__(self, asked: dict[str, Any]) -> None:
        self._asked = asked

    def find_address(self) -> str:
        """Return the address of this machine's node."""
        return str(ray.util.get_node_ip_address())

    def start(self, hosting: Hosting) -> RayJob:
        """Start a task for the call.

        Raises:
            WorkerError: Ray does not know an option of the task.
        """
        # The sweep itself decides what a lost agent means.
        usual = {"num_cpus": 1, "max_retries": 0, "scheduling_strategy": "SPREAD"}
        try:
            remote = ray.remote(**{**usual, **self._asked})(_host)
            return RayJob(remote.remote(hosting))
        except (TypeError, ValueError) as error:
            raise WorkerError(f"Ray refuses the task: {_say(error)}") from None

    def close(self) -> None:
        """Leave the cluster; one that was started for the sweep ends."""
        ray.shutdown()


class RayJob:
    """A call in a task."""

    def __init__(self, promised: ray.ObjectRef[str]) -> None:
        self._promised = promised

    def find_end(self) -> str | None:
        """Return one line on how the call ended; None while it waits or goes on."""
        try:
            return str(ray.get(self._promised, timeout=0))
        except GetTimeoutError:
            return None
        except Exception as error:
            return _say(error)

    def cancel(self) -> None:
        """End the task, or take it out of the queue."""
        with contextlib.suppress(Exception):  # it has ended
            ray.cancel(self._promised, force=True)


def _say(error: Exception) -> str:
    """Return the first line of an error; Ray's may hold the stacks of several processes."""
    return one_line(f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}")


def _host(hosting: Hosting) -> str:
    return hosting()


def open_engine(settings: EngineSettings, folder: Path) -> RayEngine:
    """Join a cluster, or start one on this machine.

    Raises:
        ConfigError: there is an option that is not known, or the cluster cannot be reached.
    """
    options = dict(settings.options)
    asked = options.pop(TASK, {})
    unknown = sorted(options.keys() - INIT_OPTIONS)
    if unknown:
        known = ", ".join(sorted({*INIT_OPTIONS, TASK}))
        raise ConfigError(f"hydra.launcher.options.{unknown[0]}", f"must be one of {known}")
    try:
        ray.init(
            **options,
            include_dashboard=None if "address" in options else False,
            log_to_driver=True,
            logging_level=logging.ERROR,
        )
    except Exception as error:
        rule = f"Ray cannot start: {_say(error)}"
        raise ConfigError("hydra.launcher.options", rule, options) from None
    return RayEngine(dict(asked))
