"""What a sweep survives of disks: full ones, ones that can only be read, and damaged files."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from conftest import APPS, Ended, run_cli
from pools import wait_until
from watching import FAULT, GRID, NUMPY, RUNS, VERDICTS, check_grid

import runner
from runner.plan.manifest import MANIFEST
from runner.record.reader import StoredRun, read_stored
from runner.record.record import CONFIGURATIONS, MULTIRUN, OUTPUTS, RECORD
from runner.report.files import PAGE

pytestmark = pytest.mark.slow

FULL = ": No space left on device"


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Ended:
    """A sweep to which nothing happened."""
    ended = run_cli(tmp_path_factory.mktemp("whole"), *GRID)
    assert ended.status == 0, ended.err
    check_grid(ended.results)
    return ended


def mounting(cwd: Path, script: str) -> None:
    """Run a shell script that may mount file systems, which only it sees.

    In it `run NAME ARGUMENT...` runs the command line and leaves NAME.out, .err and .status.
    """
    trial = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", str(cwd)]
    if not shutil.which("unshare") or subprocess.run(trial, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here (unshare -rm mount -t tmpfs)")
    (cwd / "outputs").mkdir()
    run = (
        'run() { name=$1; shift; code=0; $PYTHON -m runner "$@" >$name.out 2>$name.err || code=$?; '
        "echo $code >$name.status; }\n"
    )
    subprocess.run(
        ["unshare", "-rm", "bash", "-euc", run + script],
        cwd=cwd, stdin=subprocess.DEVNULL, check=True, timeout=300,
        env={**os.environ, "PYTHONPATH": str(APPS), "PYTHON": sys.executable},
    )  # fmt: skip


def ended(cwd: Path, name: str) -> Ended:
    """What `run NAME` in such a script did."""
    status, out, err = ((cwd / f"{name}.{each}").read_text() for each in ("status", "out", "err"))
    return Ended(int(status), out, err, cwd)


# --- full


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
        return Path(self.first.err.splitlines()[-1].removesuffix(FULL)).name


def fill(cwd: Path, kibibytes: int, temporary: bool) -> Filled:
    """Run GRID on a disk of that size, make room, and finish it.

    Args:
        cwd: where; made.
        kibibytes: size of the disk.
        temporary: whether temporary files are on the same disk.
    """
    cwd.mkdir()
    grid = " ".join(GRID)
    mounting(cwd, f"""
        mount -t tmpfs -o size={kibibytes}k tmpfs outputs
        {"mkdir outputs/tmp; export TMPDIR=$PWD/outputs/tmp" if temporary else ""}
        run first {grid}
        {"rmdir outputs/tmp; unset TMPDIR" if temporary else ""}
        cp -a outputs left
        mount -o remount,size=64m outputs
        if [ -e outputs/*/*/{MANIFEST} ]; then run resumed resume outputs/*/*
        else run resumed {grid}; fi
        cp -a outputs finished
    """)  # fmt: skip
    return Filled(ended(cwd, "first"), ended(cwd, "resumed"), cwd / "left", cwd / "finished")


def fill_all(top: Path, cases: Sequence[tuple[int, bool]]) -> list[Filled]:
    """Fill a disk for each case, two at a time."""
    with ThreadPoolExecutor(2) as two:
        made = [two.submit(fill, top / f"{case[0]}-{case[1]}", *case) for case in cases]
        return [each.result() for each in made]


def check_filled(filled: Filled) -> None:
    """One clear line, no half of a file, and nothing lost once there is room."""
    assert filled.first.status == 1
    assert "Traceback" not in filled.first.out + filled.first.err
    *others, last = filled.first.err.splitlines()
    assert last.endswith(FULL)
    assert all(line.startswith("failed: ") or f" of {RUNS} runs, " in line for line in others)
    stored, problems = read_stored(filled.left)
    assert problems == []  # every record that is there verifies
    assert [path for path in filled.left.rglob(".*") if path.name.startswith(f".{RECORD}")] == []
    done = sum(each.record.status == "ok" for each in stored)
    assert filled.resumed.status == 0, filled.resumed.err
    assert stored == [] or f"{done} of {RUNS} runs were done already" in filled.resumed.err
    (plan,) = filled.finished.glob(f"*/*/{MANIFEST}")
    check_grid(runner.load(plan.parent))


def size_of(directory: Path) -> int:
    """What a directory's files need of a disk, in KiB, without the page, which may be missing."""
    files = [each for each in directory.rglob("*") if each.is_file() and each.name != PAGE]
    sizes = [each.stat().st_size for each in files]
    return sum(-(-size // 4096) for size in sizes) * 4


@pytest.mark.slow
def test_where_only_the_page_lacks_room_the_sweep_is_whole_and_says_so(whole, tmp_path):
    filled = fill(tmp_path / "page", size_of(whole.sweep) + 16, False)
    assert filled.first.status == 0
    (plan,) = filled.left.glob(f"*/*/{MANIFEST}")
    lines = [line for line in filled.first.err.splitlines() if " runs, " not in line]
    (line,) = lines
    assert f"{PAGE} was not written: " in line
    assert "No space left on device" in line
    assert PAGE not in filled.first.out
    assert not (plan.parent / PAGE).exists()
    check_grid(runner.load(plan.parent))


@pytest.mark.slow
def test_a_disk_that_is_full_loses_nothing(whole, tmp_path):
    needed = size_of(whole.sweep)
    cases = [(4, False), (needed // 2, True), (needed - 20, False)]
    filled = fill_all(tmp_path, cases)
    for each in filled:
        check_filled(each)
    assert [each.lacked for each in filled[:2]] == [MULTIRUN, RECORD]
    assert Path(filled[2].lacked).suffix in (".csv", ".parquet", ".md")
    # What is done is shown also where it cannot be saved.
    assert "Ended early: " in filled[1].first.out
    assert "seed-driven" in filled[2].first.out


def test_outputs_that_do_not_fit_fail_their_own_run_only(tmp_path):
    # One worker: while such outputs are being written the disk is full for any other run too.
    mounting(tmp_path, f"""
        mount -t tmpfs -o size=1m tmpfs outputs
        run sweep {" ".join(FAULT)} +task.params.fault=large_outputs,with_numpy replicates=2 \\
            workers=1 -m
        cp -a outputs/*/* left
    """)  # fmt: skip
    sweep, results = ended(tmp_path, "sweep"), runner.load(tmp_path / "left")
    assert (sweep.status, sweep.err.splitlines()[-1]) == (1, "2 of 4 runs failed")
    rows = results.table.set_index("task.params.fault")["verdict"].to_dict()
    assert rows == {"large_outputs": "failed", "with_numpy": "repeatable"}
    errors = results.runs["error"].dropna()
    assert len(errors) == 2
    assert errors.str.contains(f"No space left on device: '/.*/{OUTPUTS}'").all()


@pytest.mark.slow
def test_text_that_fills_the_disk(tmp_path):
    mounting(tmp_path, f"""
        mount -t tmpfs -o size=1m tmpfs outputs
        run sweep {" ".join(FAULT)} +task.params.fault=with_numpy,floods replicates=2 -m
        cp -a outputs left
        mount -o remount,size=1g outputs
        run resumed resume outputs/*/*
    """)  # fmt: skip
    sweep = ended(tmp_path, "sweep")
    assert sweep.status == 1
    # The record of the configuration is written first, and so is the likeliest to lack room.
    files = rf"/({re.escape(RECORD)}|{CONFIGURATIONS}/[0-9a-f]+\.json)"
    assert re.search(files + re.escape(FULL) + "$", sweep.err.splitlines()[-1])
    assert "Traceback" not in sweep.out + sweep.err
    assert read_stored(tmp_path / "left")[1] == []
    assert ended(tmp_path, "resumed").status == 0


def test_a_terminal_that_cannot_be_written_costs_no_run(tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "runner", *NUMPY, "replicates=2", "-m"],
            cwd=tmp_path, stdout=full,
            stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(APPS)}, text=True,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "No space left on device"
    (sweep,) = tmp_path.glob("outputs/*/*")
    assert list(runner.load(sweep).table["runs"]) == [2]
    assert (sweep / "table.csv").is_file()


@pytest.mark.exhaustive
def test_a_disk_that_is_full_at_every_size(whole, tmp_path):
    sizes = range(4, size_of(whole.sweep), 8)
    filled = fill_all(tmp_path, [(size, each) for size in sizes for each in (False, True)])
    # The directories themselves take a part that is not counted, or none.
    failed = [each for each in filled if each.first.status != 0]
    assert len(failed) > 0.8 * len(filled)
    for each in failed:
        check_filled(each)
    assert {each.lacked for each in failed} >= {MULTIRUN, MANIFEST, RECORD, "table.parquet"}


# --- only to be read


@pytest.fixture(scope="module")
def locked(tmp_path_factory) -> Path:
    """Where `outputs` could only be read: from the start, and from a sweep's third record on."""
    cwd = tmp_path_factory.mktemp("locked")
    mounting(cwd, f"""
        mkdir view
        mount --bind outputs view
        mount -o remount,bind,ro view
        mount --bind view outputs
        run sweep {" ".join(GRID)}
        run alone {" ".join(NUMPY)}
        umount outputs
        run during {" ".join(FAULT)} +task.params.fault=slow replicates=8 -m &
        until [ $(ls outputs/*/*/*/{RECORD} 2>/dev/null | wc -l) -ge 3 ]; do sleep 0.05; done
        mount --bind view outputs
        wait
        run refused resume outputs/*/*
        umount outputs
        run finished resume outputs/*/*
    """)  # fmt: skip
    return cwd


@pytest.mark.parametrize(("name", "key"), [("sweep", "sweep"), ("alone", "run")])
def test_where_nothing_can_be_written_nothing_starts(locked, name, key):
    refused = ended(locked, name)
    assert (refused.status, refused.out) == (2, "")
    (line,) = refused.err.splitlines()
    rule = f"hydra.{key}.dir: must be a directory that can be written. Received: outputs/"
    assert line.startswith(rule)
    assert line.endswith(". Read-only file system")


def test_a_directory_that_becomes_unwritable_loses_nothing(locked):
    during = ended(locked, "during")
    assert during.status == 1
    # The third record or the fourth run's directory, as the moment falls.
    assert re.search(r"outputs/\S+: Read-only file system$", during.err)
    assert "Traceback" not in during.out + during.err
    assert "Ended early: " in during.out
    refused = ended(locked, "refused")
    assert (refused.status, refused.out) == (2, "")
    rule = ": must be a directory that can be written. Read-only file system\n"
    assert refused.err.endswith(rule)
    finished = ended(locked, "finished")
    assert finished.status == 0, finished.err
    assert finished.results.problems == []
    (row,) = finished.results.table.itertuples()
    assert (row.verdict, row.runs, row.failed) == ("repeatable", 8, 0)


# --- damaged


def test_a_record_that_is_taken_away_is_missed(tmp_path):
    with (tmp_path / "err").open("w") as err:
        program = subprocess.Popen(
            [sys.executable, "-m", "runner", *FAULT, "+task.params.fault=slow", "replicates=5",
             "-m"], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=err,
            env={**os.environ, "PYTHONPATH": str(APPS)},
        )  # fmt: skip
    wait_until(lambda: any(tmp_path.glob(f"outputs/*/*/*/{RECORD}")), timeout_s=60)
    shutil.rmtree(next(tmp_path.glob(f"outputs/*/*/*/{RECORD}")).parent)
    assert program.wait(60) == 1
    assert (tmp_path / "err").read_text().splitlines()[-1] == "1 of 5 runs left no record"
    (sweep,) = tmp_path.glob("outputs/*/*")
    assert run_cli(tmp_path, "resume", str(sweep)).status == 0
    assert list(runner.load(sweep).table["runs"]) == [5]


Harm = Callable[[bytes], Iterator[bytes]]


def cuts(data: bytes) -> Iterator[bytes]:
    """Every beginning, at steps that hit every kind of place."""
    yield from (data[:length] for length in range(0, len(data), 3))


def flips(data: bytes) -> Iterator[bytes]:
    """A byte is another one; every 9th, each time by another difference."""
    chance = random.Random(3)
    for place in range(0, len(data), 9):
        yield data[:place] + bytes([data[place] ^ chance.randrange(1, 256)]) + data[place + 1 :]


def same(a: StoredRun, b: StoredRun) -> bool:
    assert a.arrays is not None
    assert b.arrays is not None
    return a.record == b.record and np.array_equal(a.arrays.outputs, b.arrays.outputs)


@pytest.fixture
def copy(whole, tmp_path) -> Path:
    shutil.copytree(whole.sweep, tmp_path / "sweep")
    return tmp_path / "sweep"


@pytest.mark.parametrize("harm", [cuts, flips])
@pytest.mark.parametrize("name", [RECORD, OUTPUTS])
def test_a_damaged_file_is_the_truth_or_a_problem(copy, name, harm: Harm):
    for job in range(2, RUNS):
        shutil.rmtree(copy / str(job))
    before, _ = read_stored(copy)
    path = copy / "0" / name
    found = {"truth": 0, "problem": 0}
    for data in harm(path.read_bytes()):
        path.write_bytes(data)
        stored, problems = read_stored(copy)
        if problems:
            assert len(problems) == 1
            assert str(path) in problems[0]
            assert len(stored) == 1
            assert same(stored[0], before[1])
        else:
            # White space of a record may become other white space.
            assert all(same(*pair) for pair in zip(stored, before, strict=True))
        found["problem" if problems else "truth"] += 1
    assert found["problem"] > 20 * (found["truth"] + 1)


def test_no_damage_makes_a_wrong_verdict(copy):
    chance = random.Random(4)
    for _ in range(25):
        path = copy / str(chance.randrange(RUNS)) / chance.choice([RECORD, OUTPUTS])
        data = path.read_bytes()
        path.write_bytes(chance.choice(list((cuts if chance.random() < 0.5 else flips)(data))))
        results = runner.load(copy)
        assert len(results.runs) + len(results.problems) == RUNS
        for row in results.table.itertuples():
            assert row.verdict in (VERDICTS[row.seed], "insufficient")
        path.write_bytes(data)


def test_damage_is_told_and_mended(whole, copy):
    record, outputs = copy / "0" / RECORD, copy / "4" / OUTPUTS
    record.write_bytes(record.read_bytes()[:1000])
    outputs.write_bytes(next(flips(outputs.read_bytes())))
    (copy / "2" / RECORD).write_bytes(b"")
    told = run_cli(whole.cwd, "report", str(copy))
    assert (told.status, told.err) == (1, f"3 of {RUNS} runs failed\n")
    said = "".join(told.out.split())
    for path in (record, copy / "2" / RECORD, outputs):
        assert f"notused:{path}:" in said
    mended = run_cli(whole.cwd, "resume", str(copy))
    assert mended.status == 0, mended.err
    assert f"{RUNS - 3} of {RUNS} runs were done already" in mended.err
    check_grid(runner.load(copy))
