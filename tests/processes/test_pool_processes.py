"""Jobs in processes of their own: what they find there, and what they share."""

from __future__ import annotations

import itertools
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import psutil
import pytest
from pools import (
    ROOT,
    abort_with,
    both,
    gone,
    job,
    kill_warm_parent,
    pool,
    run_one,
    value,
)

from runner.errors import WorkerError
from runner.processes.job_process import in_worker
from runner.processes.messages import Isolation, Status
from runner.processes.pool import Pool, default_isolation

# The jobs below are sent as code: a child that imported this file would import pytest with it.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


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
            "in_worker": sys.modules["runner.processes.job_process"].in_worker(),
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
        return module.PID, module.SETUP, sys.modules["runner.processes.job_process"].in_worker()

    def set_up() -> None:
        worker = sys.modules["runner.processes.job_process"]
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
    heavy = "{'hydra', 'tensorflow', 'numpy'}"
    code = f"import runner.processes.pool, sys; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.strip() == b"set()"


def test_default_isolation() -> None:
    assert default_isolation() == ("fork" if sys.platform == "linux" else "spawn")


def keep_a_file() -> str:
    handle, path = tempfile.mkstemp()
    os.close(handle)
    assert Path(path).exists()
    return path


@both
def test_temporary_files_of_a_job_are_not_left_behind(isolation: Isolation) -> None:
    path = Path(value(run_one(isolation, keep_a_file)))
    assert path.parent != Path(tempfile.gettempdir())
    assert not path.exists()
