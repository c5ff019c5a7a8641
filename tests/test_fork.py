"""Jobs in processes of their own: how they end, what they share, and that nothing is left."""

from __future__ import annotations

import contextlib
import ctypes
import inspect
import itertools
import logging
import os
import pickle
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import psutil
import pytest

from runner.errors import WorkerError
from runner.fork import Isolation, Job, Outcome, Pool, Status, default_isolation, in_worker

ROOT = Path(__file__).resolve().parent.parent
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


def abort_with(number: int) -> None:
    print("before the end", flush=True)
    os.kill(os.getpid(), number)


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
from runner.fork import Job, Pool
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


# What a job finds


def check_hash() -> tuple[int, int]:
    return hash("a"), hash(("b", 1))


@both
def test_every_interpreter_has_its_own_hash_seed(isolation: Isolation) -> None:
    with pool(isolation, workers=2, parents=2) as two:
        outcomes = list(two.run([job(check_hash, key=n, parent=n % 2) for n in range(4)]))
    hashes = {outcome.key: value(outcome) for outcome in outcomes}
    seeds = {outcome.key: outcome.hash_seed for outcome in outcomes}
    assert hashes[0] != hashes[1]
    assert len(set(seeds.values())) == (2 if isolation == "fork" else 4)
    assert (hashes[0] == hashes[2]) == (isolation == "fork")
    code = "print(hash('a'))"
    env = {**os.environ, "PYTHONHASHSEED": str(seeds[3])}
    printed = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
    assert int(printed.stdout) == hashes[3][0]


@both
def test_hash_seed_can_be_given(isolation: Isolation) -> None:
    own = (("PYTHONHASHSEED", "7"),)
    with pool(isolation, parents=2, hash_seed=5) as two:
        jobs = [job(check_hash), job(check_hash, parent=1), job(check_hash, env=own)]
        outcomes = list(two.run(jobs))
    assert sorted(outcome.hash_seed for outcome in outcomes) == [5, 5, 7]
    assert len({value(outcome) for outcome in outcomes}) == 2


@both
def test_children_do_not_share_random_states(isolation: Isolation) -> None:
    def draw() -> tuple[float, float]:
        return sys.modules["numpy"].random.rand(), random.random()

    with pool(isolation, preload=["numpy.random"]) as one:
        draws = [value(outcome) for outcome in one.run([job(draw) for _ in range(3)])]
    assert len({draw[0] for draw in draws}) == 3
    assert len({draw[1] for draw in draws}) == 3


@both
def test_env_of_each_job(isolation: Isolation) -> None:
    def read() -> tuple[str | None, int]:
        return os.environ.get("RUNNER_TEST"), os.getppid()

    with pool(isolation) as one:
        envs = [(), (("RUNNER_TEST", "a"),), (("RUNNER_TEST", "b"),), (("RUNNER_TEST", "a"),)]
        outcomes = list(one.run([job(read, key=n, env=env) for n, env in enumerate(envs)]))
    assert [outcome.key for outcome in outcomes] == [0, 1, 2, 3]
    assert [value(outcome)[0] for outcome in outcomes] == [None, "a", "b", "a"]
    assert len({value(outcome)[1] for outcome in outcomes}) == 3


@both
def test_environment_of_a_job(isolation: Isolation) -> None:
    def look() -> dict[str, Any]:
        # through sys.modules: what this function's code refers to came with its pickle
        return {
            "in_worker": sys.modules["runner.worker"].in_worker(),
            "leader": os.getpid() == os.getsid(0) == os.getpgid(0),
            "stdin": sys.stdin.read(),
            "sigint": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
            "sigchld": signal.getsignal(signal.SIGCHLD),
            "argv": sys.argv,
            "path": sys.path,
            "cwd": os.getcwd(),
            # no pipe or socket on which a job could write to the processes above it
            "fds": sorted(map(int, os.listdir("/dev/fd")))[:-1],
            "hydra": [name for name in ("hydra", "tensorflow", "numpy") if name in sys.modules],
        }

    assert not in_worker()
    assert value(run_one(isolation, look)) == {
        "in_worker": True,
        "leader": True,
        "stdin": "",
        "sigint": True,
        "sigchld": signal.SIG_DFL,
        "argv": sys.argv,
        "path": sys.path,
        "cwd": os.getcwd(),
        "fds": [0, 1, 2],
        "hydra": [],
    }
    assert not in_worker()


@both
def test_preload_and_setup_run_before_the_jobs(
    isolation: Isolation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "preloaded_here.py").write_text(
        "import os; PID = os.getpid(); print('importing', flush=True)"
    )
    monkeypatch.syspath_prepend(tmp_path)

    def look() -> tuple[int, int, bool]:
        module = sys.modules["preloaded_here"]
        return module.PID, module.SETUP, sys.modules["runner.worker"].in_worker()

    def set_up() -> None:
        worker = sys.modules["runner.worker"]
        sys.modules["preloaded_here"].SETUP = 1 + worker.in_worker()  # type: ignore[attr-defined]

    log = tmp_path / "log"
    with pool(isolation, preload=["preloaded_here"], setup=cloudpickle.dumps(set_up)) as one:
        first, second = one.run([job(look, log=log), job(look, log=log)])
    for outcome in (first, second):
        assert value(outcome)[1:] == (1, True)
    assert (value(first)[0] == value(second)[0]) == (isolation == "fork")
    assert value(first)[0] == (first.parent_pid if isolation == "fork" else first.pid)
    assert log.read_text() == ""


@both
def test_a_warm_parent_with_threads_forks_without_a_warning(
    isolation: Isolation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Python 3.12 and later warn; it would be the last thing that the warm parent wrote.
    (tmp_path / "starts_thread.py").write_text(
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONWARNINGS", "always")
    with pool(isolation, preload=["starts_thread"]) as one:
        returned, lost = one.run([job(int), job(kill_warm_parent)])
    assert value(returned) == 0
    assert lost.reason == "its warm parent died 3 times, last: killed by SIGKILL"


@both
def test_output_goes_to_the_log(
    isolation: Isolation,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    log = tmp_path / "new" / "folders" / "log"

    def speak(word: str) -> None:
        print(word, "from Python")
        os.write(1, b"from below\n")
        subprocess.run(["sh", "-c", "echo from a program"], check=True)
        logging.warning("logged")
        print("not ended", end="")

    with pool(isolation) as one:
        outcomes = list(one.run([job(speak, "one", log=log), job(speak, "two", log=log)]))
    assert [outcome.status for outcome in outcomes] == [Status.OK] * 2
    text = "{} from Python\nfrom below\nfrom a program\nWARNING:root:logged\nnot ended"
    assert log.read_text() == text.format("one") + text.format("two")
    assert capfd.readouterr() == ("", "")


@both
def test_output_without_a_log_goes_where_main_writes(
    isolation: Isolation, capfd: pytest.CaptureFixture[str]
) -> None:
    run_one(isolation, lambda: (print("out"), print("err", file=sys.stderr)))
    assert capfd.readouterr() == ("out\n", "err\n")


@both
def test_a_log_that_cannot_be_written_fails_the_job(isolation: Isolation, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    outcome = run_one(isolation, int, log=tmp_path / "file" / "log")
    assert outcome.status is Status.RAISED
    assert outcome.reason.startswith(("NotADirectoryError", "FileExistsError"))


@both
def test_large_arguments_and_results(isolation: Isolation) -> None:
    data = os.urandom(2**20)
    with pool(isolation, workers=2, parents=2) as two:
        jobs = [job(lambda d: d[::-1], data, key=n, parent=n % 2) for n in range(4)]
        for outcome in two.run(jobs):
            assert value(outcome) == data[::-1]


# Order


def span() -> tuple[float, float]:
    start_s = time.monotonic()
    time.sleep(0.15)
    return start_s, time.monotonic()


@both
def test_jobs_of_one_parent_run_in_order(isolation: Isolation) -> None:
    with pool(isolation, workers=2, parents=2) as two:
        jobs = [job(span, key=n, parent=n) for n in range(6)]
        outcomes = {outcome.key: value(outcome) for outcome in two.run(jobs)}
    for slot in range(2):
        spans = [outcomes[key] for key in range(slot, 6, 2)]
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    events = sorted(outcomes.values())
    assert any(end > start for (_, end), (start, _) in itertools.pairwise(events))


@both
def test_one_worker_never_runs_two_jobs(isolation: Isolation) -> None:
    with pool(isolation, workers=1, parents=2) as two:
        outcomes = list(two.run([job(span, key=n, parent=n) for n in range(4)]))
    spans = sorted(value(outcome) for outcome in outcomes)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    assert len({outcome.parent_pid for outcome in outcomes}) == (2 if isolation == "fork" else 1)


def test_warm_parents_stay_for_the_next_call() -> None:
    with pool("fork", workers=2, parents=2) as two:
        pids = []
        for _ in range(2):
            outcomes = two.run([job(int, parent=n) for n in range(4)])
            pids.append({outcome.parent_pid for outcome in outcomes})
    assert pids[0] == pids[1]
    assert len(pids[0]) == 2
    assert all(pid is not None and gone(pid) for pid in pids[0])


def test_an_idle_warm_parent_that_died_is_replaced() -> None:
    with pool("fork") as one:
        (before,) = one.run([job(int)])
        assert before.parent_pid is not None
        os.kill(before.parent_pid, signal.SIGKILL)
        (after,) = one.run([job(int)])
    assert value(after) == 0
    assert after.parent_pid != before.parent_pid


# What cannot start


def no_setup() -> None:
    raise ValueError("nothing\nto set up")


@both
@pytest.mark.parametrize(
    ("preload", "setup", "cause"),
    [
        (
            ["no_such_module"],
            None,
            "the import of 'no_such_module' raised"
            " ModuleNotFoundError: No module named 'no_such_module'",
        ),
        ([], no_setup, "setup raised ValueError: nothing to set up"),
        ([], lambda: sys.exit(0), "setup raised SystemExit: 0"),
        ([], lambda: os._exit(4), "left by os._exit(4)"),
        ([], lambda: abort_with(signal.SIGKILL), "killed by SIGKILL: before the end"),
    ],
)
def test_a_start_that_fails_is_one_line(
    isolation: Isolation, preload: list[str], setup: Callable[[], None] | None, cause: str
) -> None:
    data = None if setup is None else cloudpickle.dumps(setup)
    with pool(isolation, preload=preload, setup=data) as one:
        with pytest.raises(WorkerError) as caught:
            list(one.run([job(int)]))
        assert str(caught.value) == f"a worker process could not start: {cause}"


def test_impossible_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="workers=3, parents=2"):
        Pool(workers=3, parents=2, isolation="fork")
    with pytest.raises(ValueError, match=r"hash_seed.*Received: -1"):
        Pool(workers=1, parents=1, isolation="fork", hash_seed=-1)
    with pool("fork") as one, pytest.raises(WorkerError, match=r"PYTHONHASHSEED.*Received: x"):
        list(one.run([job(int, env=(("PYTHONHASHSEED", "x"),))]))


def test_nothing_is_left_open_or_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = psutil.Process().num_fds()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        two = pool("fork", workers=2, parents=2)
        assert [value(outcome) for outcome in two.run([job(int, parent=n) for n in range(5)])]
        assert list(two.run([])) == []
        two.close()
        two.close()
    assert psutil.Process().num_fds() == before
    assert not list(tmp_path.iterdir())


def test_imports_neither_hydra_nor_tensorflow_nor_numpy() -> None:
    code = "import runner.fork, sys; print({'hydra', 'tensorflow', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.strip() == b"set()"


def test_default_isolation() -> None:
    assert default_isolation() == ("fork" if sys.platform == "linux" else "spawn")
