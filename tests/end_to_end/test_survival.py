"""What a sweep survives: runs that take all memory, text without end, daemons, a mad clock."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from conftest import APPS, run_cli
from pools import both, gone, run_one, value, wait_until
from watching import FAULT, NUMPY, Watched, blocks, watch

from runner.processes.limits import RUN_OOM_SCORE

pytestmark = pytest.mark.slow

LIMIT = 10**9
MEBIBYTE = 2**20

UNHARMED = (
    "with_numpy", "floods", "thousand_threads", "leaves_daemon", "cleans_up_too_much",
)  # fmt: skip
TOO_MUCH = f"used more than {LIMIT} bytes (memory_limit_bytes)"
HARMED = {
    "wants_too_much": "MemoryError: Unable to allocate 8.00 GiB for an array with shape "
    "(1073741824,) and data type float64",
    "holds_too_much": "MemoryError",
    "takes_all": TOO_MUCH,
    "daemon_takes_all": TOO_MUCH,
    "may_write_little": "OSError: [Errno 27] File too large",
    "replaces_its_directory": "FileExistsError: [Errno 17] File exists: '*'",
    "raises_odd_text": r"ValueError: cannot read no-such-\udcff",
}
"""Why the runs of each fault fail; * stands for a path."""


# --- runs that go wrong, beside others


@pytest.fixture(scope="module")
def greedy(tmp_path_factory) -> Watched:
    """All faults in one sweep, each twice."""
    return watch(
        tmp_path_factory.mktemp("greedy") / "work",
        *FAULT,
        f"+task.params.fault={','.join([*UNHARMED, *HARMED])}",
        f"memory_limit_bytes={LIMIT}",
        "replicates=2",
        "-m",
    )


def test_each_is_a_row_with_its_reason(greedy):
    assert greedy.ended.status == 1
    assert greedy.ended.err.splitlines()[-1] == f"{2 * len(HARMED)} of 24 runs failed"
    assert "Traceback" not in greedy.ended.out + greedy.ended.err
    results = greedy.ended.results
    assert results.problems == []
    errors = results.runs["error"].str.replace("'/.*'", "'*'", regex=True)
    errors = errors.str.removeprefix("RuntimeError: ")  # without memory some errors do not pickle
    # Which small piece is the first that there is no memory for, nobody knows.
    errors = errors.str.replace(r"(MemoryError): Unable to allocate 8.00 KiB.*", r"\1", regex=True)
    found = errors.groupby(results.runs["task.params.fault"]).apply(list)
    assert {fault: found[fault] for fault in HARMED} == {k: [v] * 2 for k, v in HARMED.items()}
    assert found[list(UNHARMED)].explode().isna().all()


def test_others_beside_them_have_their_verdicts(greedy):
    rows = greedy.ended.rows("task.params.fault")
    found = {fault: row[["verdict", "runs", "failed"]].tolist() for fault, row in rows.items()}
    good, bad = ["repeatable", 2, 0], ["failed", 0, 2]
    assert found == dict.fromkeys(UNHARMED, good) | dict.fromkeys(HARMED, bad)
    assert rows["thousand_threads"]["threads_mean"] >= 1001


def test_nothing_of_them_is_left(greedy):
    assert greedy.left == []
    assert greedy.temporary == []
    notes = [(greedy.ended.cwd / f"daemon-{n}").read_text().split() for n in range(2)]
    assert [pid for note in notes for pid in note if psutil.pid_exists(int(pid))] == []


def test_text_without_end_takes_little_of_the_disk(greedy):
    # Two of 300 MB each, written as fast as it goes; how far depends on the machine's load.
    assert 0 < greedy.most_log_bytes < 500 * MEBIBYTE
    assert sum(map(blocks, greedy.ended.sweep.glob("*/run.log"))) < 50 * MEBIBYTE


@pytest.mark.slow
def test_three_gigabytes_of_text(tmp_path):
    flood = watch(
        tmp_path / "work", *FAULT, "+task.params.fault=floods,with_numpy",
        "+task.params.megabytes=3000", "replicates=2", "-m",
    )  # fmt: skip
    assert flood.ended.status == 0
    assert (flood.ended.results.table["verdict"] == "repeatable").all()
    assert flood.most_log_bytes < 1000 * MEBIBYTE
    text = b"".join(path.read_bytes() for path in flood.ended.sweep.glob("*/run.log"))
    left_out = [part.rpartition(b"[")[2] for part in text.split(b" bytes were left out here]")]
    assert [int(number) > 2.9e9 for number in left_out[:-1]] == [True, True]


def leave_daemon(path: str) -> None:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            Path(path).write_text(str(os.getpid()))
            time.sleep(600)
        os._exit(0)
    while not Path(path).exists() or not Path(path).read_text():
        time.sleep(0.01)


@both
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans over")
def test_a_daemon_does_not_outlive_its_run(isolation, tmp_path):
    note = tmp_path / "pid"
    value(run_one(isolation, leave_daemon, str(note)))
    assert not psutil.pid_exists(int(note.read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans over")
def test_a_daemon_does_not_outlive_a_sweep_that_is_killed(tmp_path):
    program = subprocess.Popen(
        [sys.executable, "-m", "runner", *FAULT, "+task.params.fault=stays_with_daemon", "-m"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(APPS)},
    )  # fmt: skip
    note = tmp_path / "daemon-0"
    try:
        wait_until(note.exists, timeout_s=60)
    finally:
        program.kill()
        program.wait()
    assert program.returncode == -signal.SIGKILL
    started = [int(pid) for pid in note.read_text().split()]
    assert len(started) == 2
    wait_until(lambda: all(map(gone, started)))


def innermost(depth: int) -> None:
    if depth:
        innermost(depth - 1)
    else:
        ctypes.string_at(0)


def test_of_a_deep_crash_the_innermost_calls_are_kept(tmp_path):
    tail = run_one("fork", innermost, 50, log=tmp_path / "log").log_tail
    assert tail.startswith("Fatal Python error: Segmentation fault")
    assert " in string_at" in tail
    assert len(tail.splitlines()) == 20


# --- what the system allows


@contextlib.contextmanager
def control_group(kind: str, old: str, new: str, limit: int) -> Iterator[Path]:
    """A control group of the system, below that of this process.

    Args:
        kind: of what it limits.
        old: file with the limit, in the first version of control groups.
        new: the same in the second.
        limit: of what is in it.
    """
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    paths = {kinds: path for _, kinds, path in (line.split(":", 2) for line in lines)}
    above = f"{kind}{paths[kind]}" if kind in paths else paths.get("", "/").lstrip("/")
    made = Path("/sys/fs/cgroup", above, f"survival-{os.getpid()}")
    try:
        made.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made here ({error.strerror})")
    try:
        file = made / (old if kind in paths else new)
        if not file.exists():
            pytest.skip(f"control groups have no limit of {kind} here")
        file.write_text(str(limit))
        yield made
    finally:
        made.rmdir()


def test_of_too_many_processes_nothing_is_left(tmp_path):
    faults = "+task.params.fault=with_numpy,forks_without_end"
    with control_group("pids", "pids.max", "pids.max", 60) as group:
        forks = watch(
            tmp_path / "work", *FAULT, faults, "workers=1", "replicates=2", "-m", group=group
        )
        assert (group / "cgroup.procs").read_text() == ""
    runs = forks.ended.results.runs.set_index("task.params.fault")
    said = "BlockingIOError: [Errno 11] Resource temporarily unavailable"
    assert list(runs.loc["forks_without_end", "error"]) == [said] * 2
    assert list(runs.loc["with_numpy", "status"]) == ["ok"] * 2


@pytest.mark.slow
def test_the_system_ends_the_greedy_run_and_no_other(tmp_path):
    faults = "+task.params.fault=with_numpy,takes_all"
    with control_group("memory", "memory.limit_in_bytes", "memory.max", 700 * 10**6) as group:
        oom = watch(tmp_path / "work", *FAULT, faults, "replicates=2", "-m", group=group)
    assert oom.ended.status == 1
    runs = oom.ended.results.runs.set_index("task.params.fault")
    assert list(runs.loc["takes_all", "error"]) == ["killed by SIGKILL"] * 2
    assert set(oom.ended.results.signals.values()) == {"SIGKILL"}
    assert list(runs.loc["with_numpy", "status"]) == ["ok"] * 2
    assert len(set(runs["hash_seed"])) == 2  # that is, no warm parent was replaced
    assert oom.left == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the file")
def test_a_run_goes_before_the_main_process():
    score = value(run_one("fork", lambda: int(Path("/proc/self/oom_score_adj").read_text())))
    assert score == RUN_OOM_SCORE
    assert int(Path("/proc/self/oom_score_adj").read_text()) < RUN_OOM_SCORE


# --- the clock


@pytest.fixture(scope="module")
def clock(tmp_path_factory) -> dict[str, str]:
    """Environment under which the wall clock jumps back and forth by hours."""
    if sys.platform != "linux" or shutil.which("cc") is None:
        pytest.skip("needs Linux and a C compiler, cc")
    library = tmp_path_factory.mktemp("clock") / "jumping_clock.so"
    source = APPS / "jumping_clock.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}


def test_the_clock_does_jump(clock):
    code = (
        "import time\nfound = []\nfor _ in range(14):\n"
        "    found.append(time.time()); time.sleep(0.1)\n"
        "print(max(found) - min(found))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env={**os.environ, **clock}, capture_output=True, check=True)
    assert float(done.stdout) > 3000


@pytest.mark.slow
def test_a_clock_that_jumps_changes_nothing(clock, tmp_path):
    sweep = run_cli(
        tmp_path, *FAULT, "+task.params.fault=slow,hangs", "timeout_s=2", "replicates=2", "-m",
        **clock,
    )  # fmt: skip
    assert sweep.status == 1
    runs = sweep.results.runs.set_index("task.params.fault")
    assert list(runs.loc["hangs", "error"]) == ["no answer after 2 s (timeout_s)"] * 2
    assert runs.loc["hangs", "wall_s"].between(2, 10).all()
    assert runs.loc["slow", "wall_s"].between(0.3, 2.5).all()
    assert sweep.rows("task.params.fault")["slow"]["verdict"] == "repeatable"
    (counted,) = [line for line in sweep.err.splitlines() if line.startswith("4 of 4 runs, ")]
    assert 0 <= int(counted.split()[4]) < 60


@pytest.mark.slow
def test_a_clock_that_goes_back_makes_no_two_sweeps_share_a_directory(clock, tmp_path):
    def begin(second: int):
        at = str(1_800_000_000 + second)
        return run_cli(tmp_path, *NUMPY, "replicates=1", "-m", CLOCK_AT=at, **clock)

    with ThreadPoolExecutor(2) as two:
        assert [each.status for each in two.map(begin, [0, 0])] == [0, 0]
    sweeps = sorted(path.name for path in tmp_path.glob("outputs/*/*"))
    assert len(sweeps) == 2
    assert sweeps[1] == f"{sweeps[0]}_1"
    assert all((path / "table.csv").is_file() for path in tmp_path.glob("outputs/*/*"))


# --- what is said of all this


def test_every_test_that_the_document_names_exists():
    tests = Path(__file__).parents[1]
    text = (tests.parent / "docs" / "faults.md").read_text()
    source = "".join(path.read_text() for path in tests.rglob("test_*.py"))
    named = re.findall(r"\b(test_\w+)(\.py)?", text)
    assert len(named) > 60
    for name, file in named:
        assert list(tests.rglob(f"{name}.py")) if file else f"def {name}(" in source, name


# --- many runs


def check_many(tmp_path: Path, replicates: int, every: int) -> tuple[str, int, int]:
    """Make so many runs, of which one in `every` ends as own_training.often_ends says.

    Returns their verdict, how many runs are in it and how many failed.
    """
    many = watch(
        tmp_path / "work", *FAULT, "+task.params.fault=often_ends",
        f"+task.params.every={every}", f"replicates={replicates}", "-m",
    )  # fmt: skip
    bad = replicates // every
    assert many.ended.err.splitlines()[-1] == f"{bad} of {replicates} runs failed"
    results = many.ended.results
    assert results.problems == []
    assert list(results.runs["replicate"]) == list(range(replicates))
    failed = results.runs[results.runs["status"] == "failed"]
    assert list(failed["replicate"]) == list(range(7, replicates, every))
    ends = ("killed by SIGSEGV", "called sys.exit(3)", "KeyError: 'weights'")
    assert list(failed["error"]) == [ends[number % 3] for number in range(bad)]
    assert 0 < many.most_main_bytes < 400 * MEBIBYTE
    assert (many.left, many.temporary) == ([], [])
    (row,) = results.table.itertuples()
    return row.verdict, row.runs, row.failed


@pytest.mark.slow
def test_sixty_runs_of_which_six_fail(tmp_path):
    assert check_many(tmp_path, 60, every=10) == ("repeatable", 54, 6)


@pytest.mark.slow
def test_five_hundred_runs_of_which_one_in_fifty_fails(tmp_path):
    assert check_many(tmp_path, 500, every=50) == ("repeatable", 490, 10)


@pytest.mark.exhaustive
def test_five_thousand_runs_of_which_one_in_a_hundred_fails(tmp_path):
    assert check_many(tmp_path, 5000, every=100) == ("repeatable", 4950, 50)
