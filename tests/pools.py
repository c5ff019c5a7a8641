"""What the tests of runner.processes share: jobs, pools, and ways to see that processes ended."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import psutil
import pytest

from runner.processes.messages import Isolation, Job, Outcome, Status
from runner.processes.pool import Pool

ROOT = Path(__file__).resolve().parents[1]
# The jobs below are sent as code: a child that imported this file would import pytest with it.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

both = pytest.mark.parametrize("isolation", ["fork", "spawn"])


def job(function: Callable[..., Any], *args: object, key: int = 0, **rest: Any) -> Job:
    return Job(key=key, call=cloudpickle.dumps(function), args=pickle.dumps(args), **rest)


def pool(isolation: Isolation, workers: int = 1, parents: int = 1, **rest: Any) -> Pool:
    return Pool(workers=workers, parents=parents, isolation=isolation, **rest)


def run_one(
    isolation: Isolation, function: Callable[..., Any], *args: object, **rest: Any
) -> Outcome:
    with pool(isolation) as one:
        (outcome,) = one.run([job(function, *args, **rest)])
    return outcome


def value(outcome: Outcome) -> Any:
    assert outcome.status is Status.OK, outcome
    assert outcome.result is not None
    assert outcome.reason == ""
    return pickle.loads(outcome.result)


def gone(pid: int) -> bool:
    """True when the process has ended; a zombie has, whether or not init collects it."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def wait_until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, "it did not happen in time"
        time.sleep(0.02)


def sleeping_grandchild(path: str) -> int:
    """Start a process that sleeps, note its pid and this one's, and return its pid."""
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(path + ".part").write_text(f"{sleeper.pid} {os.getpid()} {os.getppid()}")
    os.replace(path + ".part", path)
    sleeper.returncode = 0  # left behind on purpose
    return sleeper.pid


def grandchild_and_sleep(path: str) -> None:
    sleeping_grandchild(path)
    time.sleep(600)


def kill_warm_parent() -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(600)


def abort_with(number: int) -> None:
    print("before the end", flush=True)
    os.kill(os.getpid(), number)
