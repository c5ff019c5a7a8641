"""What a sweep survives: memory, disks, rights, clocks and runs that go wrong for real."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import psutil
import pytest
from conftest import APPS, Ended, run_cli
from pools import both, run_one, value

import runner
from runner.collate import Results
from runner.limits import FIRST_TO_GO
from runner.record import OUTPUTS, RECORD, read_record
from runner.stored import read_stored

NUMPY = ("task=function", "task.function=own_training.with_numpy")
FAULT = ("task=function", "task.function=own_training.with_fault", "builds=1")
GRID = (*NUMPY, "seed=fixed,random", "replicates=3", "-m")
VERDICTS = {"fixed": "repeatable", "random": "seed-driven"}
"""Of GRID, in 7 runs."""

LIMIT = 10**9
MEBIBYTE = 2**20


@dataclass(frozen=True)
class Watched:
    """A sweep that was looked at while it ran."""

    ended: Ended
    most_log_bytes: int
    """That all logs together took on the disk at any moment."""
    most_main_bytes: int
    """Resident, of the main process."""
    left: list[psutil.Process]
    """Processes that outlived it."""
    temporary: list[Path]
    """Files that it left where temporary ones go."""


def watch(cwd: Path, *arguments: str, group: Path | None = None, **environment: str) -> Watched:
    """Run a sweep and look at it, a hundred times a second.

    Args:
        cwd: where; made.
        *arguments: of the command line.
        group: directory of a control group of the system that it joins.
        **environment: more of it.
    """
    temporary = cwd / "temporary"
    temporary.mkdir(parents=True)
    join = None if group is None else lambda: (group / "cgroup.procs").write_text(str(os.getpid()))
    with (cwd / "out").open("w") as out, (cwd / "err").open("w") as err:
        program = subprocess.Popen(
            [sys.executable, "-m", "runner", *arguments],
            cwd=cwd, stdout=out, stderr=err, preexec_fn=join,
            env={**os.environ, "PYTHONPATH": str(APPS), "TMPDIR": str(temporary), **environment},
        )  # fmt: skip
    main, seen, logs, resident = psutil.Process(program.pid), {}, 0, 0
    while program.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            resident = max(resident, main.memory_info().rss)
            seen |= {each.pid: each for each in main.children(recursive=True)}
        logs = max(logs, sum(map(blocks, cwd.glob("outputs/*/*/*/run.log"))))
        time.sleep(0.01)
    ended = Ended(program.returncode, (cwd / "out").read_text(), (cwd / "err").read_text(), cwd)
    left = [each for each in seen.values() if is_running(each)]
    return Watched(ended, logs, resident, left, list(temporary.iterdir()))


def blocks(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_blocks * 512
    return 0


def is_running(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def check_grid(results: Results) -> None:
    """Every run of GRID is there, none twice, and the verdicts are right."""
    assert results.problems == []
    assert results.runs["dir"].is_unique
    assert list(results.runs["status"]) == ["ok"] * 7
    assert results.table.set_index("seed")["verdict"].to_dict() == VERDICTS


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Ended:
    """A sweep to which nothing happened."""
    ended = run_cli(tmp_path_factory.mktemp("whole"), *GRID)
    assert ended.status == 0, ended.err
    check_grid(ended.results)
    return ended


# --- runs that take all they can get, beside others

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
    "raises_odd_text": r"ValueError: cannot read no-such-\udcff",
}


@pytest.fixture(scope="module")
def greedy(tmp_path_factory) -> Watched:
    faults = f"+task.params.fault={','.join([*UNHARMED, *HARMED])}"
    limit = f"memory_limit_bytes={LIMIT}"
    return watch(tmp_path_factory.mktemp("greedy") / "work", *FAULT, faults, limit,
                 "replicates=2", "-m")  # fmt: skip


def test_each_greedy_run_is_a_row_with_its_reason(greedy):
    assert greedy.ended.status == 1
    assert greedy.ended.err.splitlines()[-1] == "10 of 20 runs failed"
    assert "Traceback" not in greedy.ended.out + greedy.ended.err
    assert greedy.ended.results.problems == []
    runs = greedy.ended.results.runs.groupby("task.params.fault")["error"].apply(list)
    assert {fault: runs[fault] for fault in HARMED} == {k: [v] * 2 for k, v in HARMED.items()}
    assert runs[list(UNHARMED)].explode().isna().all()


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
    assert 0 < greedy.most_log_bytes < 250 * MEBIBYTE  # of 600 MB, written as fast as it goes
    logs = greedy.ended.sweep.glob("*/run.log")
    assert sum(map(blocks, logs)) < 50 * MEBIBYTE


@pytest.mark.slow
def test_three_gigabytes_of_text(tmp_path):
    faults = "+task.params.fault=floods,with_numpy"
    flood = watch(
        tmp_path / "work", *FAULT, faults, "+task.params.megabytes=3000", "replicates=2", "-m"
    )
    assert flood.ended.status == 0
    assert (flood.ended.results.table["verdict"] == "repeatable").all()
    assert flood.most_log_bytes < 500 * MEBIBYTE
    said = [path.read_bytes() for path in flood.ended.sweep.glob("*/run.log")]
    counts = [int(text.rpartition(b" bytes were left out")[0].rpartition(b"[")[2])
              for text in said if b" bytes were left out" in text]  # fmt: skip
    assert len(counts) == 2
    assert min(counts) > 2.9e9


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


# --- the system's own end of memory


@pytest.fixture
def group() -> Iterator[Path]:
    """A control group of the system that may have 700 MB, below that of this process."""
    name = f"survival-{os.getpid()}"
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    names = {kinds: path for _, kinds, path in (line.split(":", 2) for line in lines)}
    if "memory" in names:
        made = Path(f"/sys/fs/cgroup/memory{names['memory']}", name)
        limit = made / "memory.limit_in_bytes"
    else:
        made = Path(f"/sys/fs/cgroup{names.get('', '/')}", name)
        limit = made / "memory.max"
    try:
        made.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made here ({error.strerror})")
    try:
        limit.write_text(str(700 * 10**6))
        yield made
    except OSError as error:
        pytest.skip(f"control groups have no memory limit here ({error.strerror})")
    finally:
        made.rmdir()


def test_the_system_ends_the_greedy_run_and_no_other(group, tmp_path):
    faults = "+task.params.fault=with_numpy,takes_all"
    oom = watch(tmp_path / "work", *FAULT, faults, "replicates=2", "-m", group=group)
    assert oom.ended.status == 1
    runs = oom.ended.results.runs.set_index("task.params.fault")
    assert list(runs.loc["takes_all", "error"]) == ["killed by SIGKILL"] * 2
    assert list(runs.loc["with_numpy", "status"]) == ["ok"] * 2
    assert len(set(runs["hash_seed"])) == 2  # that is, no warm parent had to be replaced
    assert oom.left == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the file")
def test_a_run_offers_itself_before_the_main_process():
    score = value(run_one("fork", lambda: int(Path("/proc/self/oom_score_adj").read_text())))
    assert score == FIRST_TO_GO
    assert int(Path("/proc/self/oom_score_adj").read_text()) < FIRST_TO_GO


# --- disks


def unshared(cwd: Path, script: str) -> None:
    """Run a shell script that may mount file systems, which only it sees.

    In it `run NAME ARGUMENT...` runs the command line and leaves NAME.out, .err and .status.
    """
    possible = shutil.which("unshare") and subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "none", str(cwd)], capture_output=True
    )
    if not possible or possible.returncode:
        pytest.skip("file systems cannot be mounted here (unshare -rm mount -t tmpfs)")
    (cwd / "outputs").mkdir()
    run = f'run() {{ n=$1; shift; {sys.executable} -m runner "$@" >$n.out 2>$n.err; '
    subprocess.run(
        ["unshare", "-rm", "bash", "-euc", run + "echo $? >$n.status; }\n" + script],
        cwd=cwd, env={**os.environ, "PYTHONPATH": str(APPS)}, check=True, timeout=300,
    )  # fmt: skip


def ended(cwd: Path, name: str) -> Ended:
    out, err, status = ((cwd / f"{name}.{each}").read_text() for each in ("out", "err", "status"))
    return Ended(int(status), out, err, cwd)


@dataclass(frozen=True)
class Filled:
    """A sweep onto a disk that had too little room, and what it took to finish it."""

    first: Ended
    resumed: Ended
    left: Path
    """What was on the disk when it was full."""
    finished: Path

    @property
    def lacked(self) -> str:
        """Name of the file that was said not to fit."""
        return Path(self.first.err.splitlines()[-1].partition(": ")[0]).name


def fill(cwd: Path, kibibytes: int, temporary: bool = False) -> Filled:
    """Run GRID on a disk of that size, make room, and resume.

    Args:
        cwd: where; made.
        kibibytes: size of the disk.
        temporary: temporary files are on the same disk.
    """
    cwd.mkdir()
    unshared(cwd, f"""
        mount -t tmpfs -o size={kibibytes}k tmpfs outputs
        {"mkdir outputs/tmp; export TMPDIR=$PWD/outputs/tmp" if temporary else ""}
        run first {" ".join(GRID)}
        cp -a outputs left
        mount -o remount,size=64m outputs
        if [ -e outputs/2*/*/plan.json ]; then run resumed resume outputs/2*/*
        else run resumed {" ".join(GRID)}; fi
        {"rmdir outputs/tmp" if temporary else ""}
        cp -a outputs finished
    """)  # fmt: skip
    return Filled(ended(cwd, "first"), ended(cwd, "resumed"), cwd / "left", cwd / "finished")


def check_filled(filled: Filled) -> None:
    """One clear line, no half of a file, and nothing lost once there is room."""
    assert filled.first.status == 1
    assert "Traceback" not in filled.first.out + filled.first.err
    lines = filled.first.err.splitlines()
    assert lines[-1].endswith(": No space left on device"), lines
    assert all("failed: " in line or " of 7 runs, " in line for line in lines[:-1])
    stored, problems = read_stored(filled.left)
    assert problems == []  # every record that is there verifies
    assert not list(filled.left.rglob(f".{RECORD}*"))
    assert filled.resumed.status == 0, filled.resumed.err
    good = sum(each.record.status == "ok" for each in stored)
    if "were done already" in filled.resumed.err:
        assert f"{good} of 7 runs were done already" in filled.resumed.err
    (plan,) = filled.finished.glob("*/*/plan.json")
    check_grid(runner.load(plan.parent))


def size_of(directory: Path) -> int:
    """What a directory's files need of a disk, in KiB."""
    files = [each.stat().st_size for each in directory.rglob("*") if each.is_file()]
    return sum(-(-size // 4096) for size in files) * 4


def fill_all(top: Path, cases: Sequence[tuple[int, bool]]) -> list[Filled]:
    with ThreadPoolExecutor(2) as two:
        made = [two.submit(fill, top / f"{case[0]}-{case[1]}", *case) for case in cases]
        return [each.result() for each in made]


def test_a_disk_that_is_full_loses_nothing(whole, tmp_path):
    needed = size_of(whole.sweep)
    cases = [(4, False), (needed // 3, True), (needed // 2, False), (needed - 24, False)]
    filled = fill_all(tmp_path, cases)
    for each in filled:
        check_filled(each)
    assert filled[0].lacked == "multirun.yaml"
    assert {each.lacked for each in filled[1:3]} == {RECORD}
    assert Path(filled[3].lacked).suffix in (".csv", ".parquet", ".md")
    # What is done is shown also where it cannot be saved.
    assert "Ended early: " in filled[2].first.out
    assert "seed-driven" in filled[3].first.out


@pytest.mark.slow
def test_a_disk_that_is_full_at_every_size(whole, tmp_path):
    sizes = range(4, size_of(whole.sweep), 4)
    filled = fill_all(tmp_path, [(size, each) for size in sizes for each in (False, True)])
    # On a disk of hardly more than is needed, the temporary files decide.
    failed = [each for each in filled if each.first.status != 0]
    assert len(failed) > 0.8 * len(filled)
    for each in failed:
        check_filled(each)
    lacked = {each.lacked for each in failed}
    assert lacked >= {"multirun.yaml", "plan.json", RECORD, "table.parquet", "factors.csv"}
    said = {line.partition(": ")[2] for each in failed for line in each.first.err.splitlines()}
    assert any(OUTPUTS in line for line in said)


@pytest.fixture(scope="module")
def locked(tmp_path_factory) -> Path:
    """Where `outputs` could only be read: from the start, and from the third record on."""
    cwd = tmp_path_factory.mktemp("locked")
    unshared(cwd, f"""
        mkdir view
        mount --bind outputs view
        mount -o remount,bind,ro view
        lock() {{ mount --bind view outputs; }}
        lock
        run sweep {" ".join(GRID)}
        run alone {" ".join(NUMPY)}
        umount outputs
        run during {" ".join(FAULT)} +task.params.fault=slow replicates=8 -m & program=$!
        until [ $(ls outputs/*/*/*/record.json 2>/dev/null | wc -l) -ge 3 ]; do sleep 0.05; done
        lock
        wait $program
        run resumed resume outputs/*/*
        umount outputs
        run finished resume outputs/*/*
    """)  # fmt: skip
    return cwd


@pytest.mark.parametrize(("name", "key"), [("sweep", "hydra.sweep.dir"), ("alone", "hydra.run.dir")])
def test_where_nothing_can_be_written_nothing_starts(locked, name, key):
    refused = ended(locked, name)
    assert (refused.status, refused.out) == (2, "")
    (line,) = refused.err.splitlines()
    assert line.startswith(f"{key}: must be a directory that can be written. Received: outputs/")
    assert line.endswith(". Read-only file system")


def test_a_directory_that_becomes_unwritable_ends_the_sweep_and_loses_nothing(locked):
    during = ended(locked, "during")
    assert during.status == 1
    assert during.err.splitlines()[-1].endswith(f"/{RECORD}: Read-only file system")
    assert "Traceback" not in during.out + during.err
    assert "Ended early: " in during.out
    refused = ended(locked, "resumed")
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.endswith(": must be a directory that can be written. Read-only file system\n")
    finished = ended(locked, "finished")
    assert finished.status == 0
    assert finished.results.problems == []
    (row,) = finished.results.table.itertuples()
    assert (row.verdict, row.runs, row.failed) == ("repeatable", 8, 0)
