"""Jobs in processes of their own: how they end, and that nothing is left of them."""

from __future__ import annotations

import contextlib
import ctypes
import inspect
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cloudpickle
import psutil
import pytest
from pools import (
    ROOT,
    abort_with,
    both,
    gone,
    grandchild_and_sleep,
    job,
    kill_warm_parent,
    pool,
    run_one,
    sleeping_grandchild,
    value,
    wait_until,
)

from runner.processes.messages import Isolation, Status

# The jobs below are sent as code: a child that imported this file would import pytest with it.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

# How a job ends


@both
def test_result_comes_back(isolation: Isolation) -> None:
    with pool(isolation) as one:
        jobs = [job(lambda a, b: (a + b, os.getpid()), n, 1, key=10 + n) for n in range(3)]
        outcomes = list(one.run(jobs))
    assert [outcome.key for outcome in outcomes] == [10, 11, 12]
    for n, outcome in enumerate(outcomes):
        assert value(outcome) == (n + 1, outcome.pid)
        assert outcome.log_tail == ""
        assert 0 < outcome.wall_s < 10
        assert outcome.peak_rss_bytes is not None
        assert 2**20 < outcome.peak_rss_bytes < 2**30
        assert (outcome.parent_pid is None) == (isolation == "spawn")
    assert len({outcome.pid for outcome in outcomes}) == 3


@both
def test_exception_comes_back(isolation: Isolation, tmp_path: Path) -> None:
    def fail() -> None:
        raise ValueError("first line\nsecond   line")

    outcome = run_one(isolation, fail, log=tmp_path / "log")
    assert outcome.status is Status.RAISED
    assert outcome.reason == "ValueError: first line second line"
    assert outcome.result is not None
    error = pickle.loads(outcome.result)
    assert isinstance(error, ValueError)
    assert str(error) == "first line\nsecond   line"
    assert "Traceback" in outcome.log_tail
    assert outcome.log_tail.endswith("second   line")


class UnpicklableError(Exception):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.lock = threading.Lock()


class PicklesOnlyError(Exception):
    """Pickles, and then cannot be made from its pickle."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def raise_it(make: Callable[[], BaseException]) -> None:
    raise make()


@both
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: UnpicklableError("a b"), "UnpicklableError"),
        (lambda: PicklesOnlyError("a", "b"), "PicklesOnlyError"),
    ],
)
def test_unpicklable_exception(
    isolation: Isolation, make: Callable[[], BaseException], name: str
) -> None:
    outcome = run_one(isolation, lambda: raise_it(make))
    assert (outcome.status, outcome.reason) == (Status.RAISED, f"{name}: a b")
    assert outcome.result is not None
    error = pickle.loads(outcome.result)
    assert type(error) is RuntimeError
    assert str(error) == f"{name}: a b"


@both
def test_unpicklable_result(isolation: Isolation) -> None:
    outcome = run_one(isolation, threading.Lock)
    assert outcome.status is Status.RAISED
    assert outcome.reason.startswith("its result does not pickle: TypeError: cannot pickle")
    assert outcome.result is not None
    assert str(pickle.loads(outcome.result)) == outcome.reason


@both
@pytest.mark.parametrize(
    ("function", "status", "reason"),
    [
        (lambda: sys.exit(0), Status.EXITED, "called sys.exit(0)"),
        (lambda: sys.exit("a\nb"), Status.EXITED, r"called sys.exit('a\nb')"),
        (lambda: sys.exit(), Status.EXITED, "called sys.exit()"),
        (lambda: os._exit(3), Status.EXITED, "left by os._exit(3)"),
        (lambda: os._exit(0), Status.EXITED, "left by os._exit(0)"),
        (lambda: abort_with(signal.SIGKILL), Status.KILLED, "killed by SIGKILL"),
        (lambda: raise_it(KeyboardInterrupt), Status.RAISED, "KeyboardInterrupt"),
        (lambda: abort_with(signal.SIGINT), Status.RAISED, "KeyboardInterrupt"),
        (lambda: __import__("no_such"), Status.RAISED, None),
    ],
)
def test_other_ends(
    isolation: Isolation, function: Callable[[], None], status: Status, reason: str | None
) -> None:
    outcome = run_one(isolation, function)
    reason = reason or "ModuleNotFoundError: No module named 'no_such'"
    assert (outcome.status, outcome.reason) == (status, reason)
    assert (outcome.result is None) == (status is not Status.RAISED)


@both
def test_segfault_leaves_its_stack_in_the_log(isolation: Isolation, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("of an earlier job\n")

    def reads_address_zero() -> None:
        print("before the end")
        ctypes.string_at(0)

    outcome = run_one(isolation, reads_address_zero, log=log)
    assert (outcome.status, outcome.reason) == (Status.KILLED, "killed by SIGSEGV")
    assert outcome.signal == "SIGSEGV"
    assert "Segmentation fault" in outcome.log_tail
    assert "reads_address_zero" in outcome.log_tail
    assert outcome.log_tail.startswith("before the end")
    assert log.read_text().startswith("of an earlier job\nbefore the end")


@both
def test_time_limit_leaves_the_stack_in_the_log(isolation: Isolation, tmp_path: Path) -> None:
    def sleeps_too_long() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)

    outcome = run_one(isolation, sleeps_too_long, log=tmp_path / "log", timeout_s=0.5)
    assert (outcome.status, outcome.reason) == (Status.TIMEOUT, "no answer after 0.5 s (timeout_s)")
    assert "sleeps_too_long" in outcome.log_tail
    assert 0.5 <= outcome.wall_s < 5
    assert outcome.pid is not None
    assert gone(outcome.pid)


@both
def test_time_limit_does_not_count_preload_and_setup(isolation: Isolation) -> None:
    setup = cloudpickle.dumps(lambda: time.sleep(1))
    with pool(isolation, setup=setup) as one:
        (outcome,) = one.run([job(int, timeout_s=0.4)])
    assert value(outcome) == 0
    assert outcome.wall_s < 0.9


def test_log_tail_is_short(tmp_path: Path) -> None:
    def writes() -> None:
        print("x" * 10_000)
        for n in range(1000):
            print(f"line {n}")
        os._exit(1)

    tail = run_one("fork", writes, log=tmp_path / "log").log_tail.splitlines()
    assert tail == [f"line {n}" for n in range(980, 1000)]
    long = run_one("fork", lambda: (print("y" * 100_000), os._exit(1)), log=tmp_path / "long")
    assert long.log_tail == "y" * 200


# What a job leaves behind


@both
@pytest.mark.parametrize("then", ["return", "crash", "hang"])
def test_what_a_job_leaves_behind_is_killed(
    isolation: Isolation, then: str, tmp_path: Path
) -> None:
    path = str(tmp_path / "pids")

    def leaves() -> int:
        pid = sleeping_grandchild(path)
        if then == "crash":
            os._exit(1)
        if then == "hang":
            time.sleep(600)
        return pid

    outcome = run_one(isolation, leaves, timeout_s=0.8 if then == "hang" else None)
    expected = {"return": Status.OK, "crash": Status.EXITED, "hang": Status.TIMEOUT}
    assert outcome.status is expected[then]
    grandchild = int(Path(path).read_text().split()[0])
    wait_until(lambda: gone(grandchild))


@both
def test_a_killed_warm_parent_is_replaced(isolation: Isolation, tmp_path: Path) -> None:
    first, log = tmp_path / "first", tmp_path / "log"

    def sleeps_the_first_time() -> str:
        if not first.exists():
            grandchild_and_sleep(str(first))
        return "done"

    def kill_parent() -> None:
        wait_until(first.exists)
        os.kill(int(first.read_text().split()[2]), signal.SIGKILL)

    killer = threading.Thread(target=kill_parent)
    with pool(isolation) as one:
        (before,) = one.run([job(int)])
        killer.start()
        outcomes = list(
            one.run([job(sleeps_the_first_time, key=1, log=log), job(int, key=2, log=log)])
        )
    killer.join()
    assert [outcome.key for outcome in outcomes] == [1, 2]
    assert value(outcomes[0]) == "done"
    assert outcomes[0].hash_seed != before.hash_seed
    grandchild, child, parent = map(int, first.read_text().split())
    wait_until(lambda: gone(grandchild) and gone(child) and gone(parent))


@both
def test_a_job_that_kills_its_warm_parents_is_given_up(
    isolation: Isolation, tmp_path: Path
) -> None:
    count = tmp_path / "count"

    def kills() -> None:
        with count.open("a") as file:
            file.write("x")
        kill_warm_parent()

    with pool(isolation) as one:
        lost, after = one.run([job(kills, key=1), job(int, key=2)])
    assert (lost.key, lost.status) == (1, Status.LOST)
    assert lost.reason == "its warm parent died 3 times, last: killed by SIGKILL"
    assert lost.peak_rss_bytes is None
    assert count.read_text() == "xxx"
    assert value(after) == 0


@both
def test_leaving_the_loop_kills_what_runs(isolation: Isolation, tmp_path: Path) -> None:
    path = tmp_path / "pids"

    def other_runs() -> None:
        while not path.exists():
            time.sleep(0.01)

    with pool(isolation, workers=2, parents=2) as two:
        outcomes = two.run(
            [job(grandchild_and_sleep, str(path), key=1), job(other_runs, key=2, parent=1)]
        )
        assert next(outcomes).key == 2
        start_s = time.monotonic()
        assert isinstance(outcomes, Iterator)
        outcomes.close()  # type: ignore[attr-defined]
        assert time.monotonic() - start_s < 2
        pids = list(map(int, path.read_text().split()))
        wait_until(lambda: all(gone(pid) for pid in pids))
        assert [outcome.key for outcome in two.run([job(int, key=3)])] == [3]
    two.close()
    with pytest.raises(RuntimeError, match="closed"):
        list(two.run([job(int)]))


def test_closing_a_pool_ends_its_loop() -> None:
    one = pool("fork")
    outcomes = one.run([job(int), job(int)])
    assert value(next(outcomes)) == 0
    one.close()
    with pytest.raises(RuntimeError, match="closed"):
        next(outcomes)


SCRIPT = """
import sys, cloudpickle, pickle
from runner.processes.messages import Job
from runner.processes.pool import Pool
{functions}
def main():
    jobs = [
        Job(n, cloudpickle.dumps(grandchild_and_sleep), pickle.dumps((sys.argv[2] + str(n),)), n)
        for n in range(2)
    ]
    with Pool(workers=2, parents=2, isolation=sys.argv[1]) as pool:
        for outcome in pool.run(jobs):
            pass
main()
"""


@contextlib.contextmanager
def running_script(isolation: Isolation, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program with a process group of its own, whose two jobs sleep and have a child each."""
    functions = inspect.getsource(sleeping_grandchild) + inspect.getsource(grandchild_and_sleep)
    script = folder / "script.py"
    script.write_text(
        "import os, subprocess, time\nfrom pathlib import Path\n"
        + SCRIPT.format(functions=functions)
    )
    (folder / "temporary").mkdir()
    paths = [folder / "pids0", folder / "pids1"]
    with subprocess.Popen(
        [sys.executable, script, isolation, folder / "pids"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "temporary")},
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as main:
        wait_until(lambda: all(path.exists() for path in paths))
        yield main


@both
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_outlives_the_main_process(
    isolation: Isolation, number: signal.Signals, tmp_path: Path
) -> None:
    with running_script(isolation, tmp_path) as main:
        pids = {process.pid for process in psutil.Process(main.pid).children(recursive=True)}
        assert len(pids) == 6
        start_s = time.monotonic()
        if number == signal.SIGINT:
            os.killpg(main.pid, number)  # as the terminal does, to the warm parents too
        else:
            main.kill()
        assert main.wait(5) == -number
        assert time.monotonic() - start_s < 2
        assert main.stderr is not None
        if number == signal.SIGINT:
            assert b"KeyboardInterrupt" in main.stderr.read()
    wait_until(lambda: all(gone(pid) for pid in pids), 3)
    wait_until(lambda: not list((tmp_path / "temporary").iterdir()))


@both
@pytest.mark.skipif(sys.platform != "linux", reason="needs the system to end orphans")
def test_jobs_end_when_main_and_warm_parents_are_killed_at_once(
    isolation: Isolation, tmp_path: Path
) -> None:
    with running_script(isolation, tmp_path) as main:
        pids = [(tmp_path / f"pids{n}").read_text().split() for n in range(2)]
        os.killpg(main.pid, signal.SIGKILL)
        assert main.wait(5) == -signal.SIGKILL
        for grandchild, child, parent in pids:
            wait_until(lambda pid=int(parent): gone(pid), 3)  # type: ignore[misc]
            wait_until(lambda pid=int(child): gone(pid), 3)  # type: ignore[misc]
            os.kill(int(grandchild), signal.SIGKILL)  # nobody is left who would


def test_a_warm_parent_ignores_an_interrupt() -> None:
    with pool("fork") as one:
        (before,) = one.run([job(int)])
        assert before.parent_pid is not None
        os.kill(before.parent_pid, signal.SIGINT)
        (after,) = one.run([job(int)])
    assert before.parent_pid == after.parent_pid
