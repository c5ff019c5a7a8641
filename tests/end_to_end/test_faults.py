"""Runs that die, hang or are stopped, and who else is hurt: real processes and real faults."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import psutil
import pytest
from conftest import APPS

import runner
from runner.record.record import RECORD
from runner.record.store import read_run

pytestmark = pytest.mark.slow

TIMEOUT_S = 5
"""A run of these takes half a second, or a few on a machine that has other work."""

REASONS = {
    "raise": "data.source: its _target_ raised ValueError: asked to fail",
    "exit": "called sys.exit(0)",
    "kill": "killed by SIGKILL",
    "segv": "killed by SIGSEGV",
    "hang": f"no answer after {TIMEOUT_S} s (timeout_s)",
}
COUNTING = re.compile(r"\d+ of \d+ runs, \d+ s(?:, about \d+ s left)?")


@dataclass
class Program:
    """A command that was started, as the leader of a process group as in a terminal."""

    flags: Path
    """Private to it: where its runs leave their flags, and its temporary files are."""
    process: subprocess.Popen[str]
    seen: dict[int, psutil.Process] = field(default_factory=dict)
    """Everything below it that was ever seen, by process id."""
    out: str = ""
    err: str = ""

    @property
    def pid(self) -> int:
        return self.process.pid

    def look(self) -> list[psutil.Process]:
        """The warm parents, which are its children; remembers all that is below it."""
        try:
            below = psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        self.seen |= {each.pid: each for each in below}
        return [each for each in below if running(each) and each.ppid() == self.pid]

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Wait for what it is to do; fail at once when it has ended before that."""
        wait_until(lambda: condition() or self.process.poll() is not None, timeout_s=90)
        assert self.process.poll() is None, self.process.communicate()

    def end(self) -> int:
        """Wait for its end and return its status."""
        self.out, self.err = self.process.communicate(timeout=120)
        return self.process.returncode

    def left(self) -> list[psutil.Process]:
        return [each for each in self.seen.values() if running(each)]


def running(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition: Callable[[], object], timeout_s: float) -> None:
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Iterator[Callable[..., Program]]:
    """Starts `python -m runner`; what is left of it in the end is killed."""
    programs: list[Program] = []

    def begin(cwd: Path, fault: str, *arguments: str) -> Program:
        flags = Path(tempfile.mkdtemp(dir=tmp_path_factory.getbasetemp()))
        (cwd / "data").mkdir(exist_ok=True)
        shutil.copy(APPS / "faulty.py", cwd)
        (cwd / "data" / "faulty.yaml").write_text("source: {_target_: faulty.rows}\nunits: 2\n")
        overrides = (
            "data=faulty", f"+data.source.fault={fault}", f"+data.source.flags={flags}",
            "model=linear", "train.epochs=0", "builds=1", "calls=1",
        )  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "runner", *overrides, *arguments, "--config-dir=."],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(flags)},
            start_new_session=True,
        )
        programs.append(Program(flags, process))
        return programs[-1]

    yield begin
    for program in programs:
        program.look()
        for process in program.left():
            process.kill()
        program.process.kill()
        program.process.communicate()


# A sweep in which most configurations fail


@dataclass(frozen=True)
class Faults:
    status: int
    program: Program
    table: pd.DataFrame
    runs: pd.DataFrame
    directory: Path


@pytest.fixture(scope="module")
def faults(start, tmp_path_factory) -> Faults:
    """Every fault three times, beside runs that have none."""
    choices = ",".join(["none", *REASONS, "first_raises"])
    cwd = tmp_path_factory.mktemp("faults")
    program = start(cwd, choices, "replicates=3", f"timeout_s={TIMEOUT_S}", "-m")
    status = program.end()
    (directory,) = cwd.glob("outputs/*/*")
    frames = [pd.read_csv(directory / f"{name}.csv") for name in ("table", "runs")]
    return Faults(status, program, *frames, directory)


@pytest.mark.parametrize("fault", REASONS)
def test_a_fault_leaves_failed_rows_with_the_reason(faults, fault):
    runs = faults.runs[faults.runs["data.source.fault"] == fault]
    assert list(runs["status"]) == ["failed"] * 3
    assert list(runs["error"]) == [REASONS[fault]] * 3
    assert list(runs["replicate"]) == [0, 1, 2]
    assert [json.loads(text) for text in runs["seeds"]] == [{"value": 42}] * 3
    assert len(set(runs["hash_seed"].dropna())) > 1  # known, and of more than one warm parent
    assert (runs["wall_s"] > 0).all()
    assert (runs["peak_rss_bytes"] > 0).all()
    (row,) = faults.table[faults.table["data.source.fault"] == fault].itertuples()
    assert (row.verdict, row.runs, row.failed) == ("failed", 0, 3)


def test_records_say_the_same_as_the_runs(faults):
    for run in faults.runs.itertuples():
        record = read_run(faults.directory / str(run.dir) / RECORD)
        assert record.status == run.status
        assert record.hash_seed == run.hash_seed
        if record.status == "failed":
            assert record.error.splitlines()[0] == run.error
    (segv,) = [r.dir for r in faults.runs.itertuples() if r.error == REASONS["segv"]][:1]
    assert "faulty.py" in read_run(faults.directory / str(segv) / RECORD).error


def test_a_hanging_run_ends_at_its_limit(faults):
    hanging = faults.runs[faults.runs["data.source.fault"] == "hang"]
    assert hanging["wall_s"].between(TIMEOUT_S, TIMEOUT_S + 5).all()


def test_other_runs_have_their_verdicts(faults):
    rows = {row["data.source.fault"]: row for _, row in faults.table.iterrows()}
    assert rows["none"][["verdict", "runs", "failed"]].tolist() == ["repeatable", 3, 0]
    # Where only some runs failed, the verdict speaks of the others.
    assert rows["first_raises"][["verdict", "runs", "failed"]].tolist() == ["repeatable", 2, 1]


def test_a_sweep_with_failures_is_saved_and_has_status_1(faults):
    assert faults.status == 1
    assert faults.program.err.splitlines()[-1] == "16 of 21 runs failed"
    assert (faults.directory / "table.md").is_file()
    assert (faults.directory / "table.parquet").is_file()
    said = " ".join(faults.program.out.split())
    for reason in REASONS.values():
        assert f"3 failed: {reason}" in said
    assert "3 failed: killed by SIGKILL; perhaps the system ran out of memory" in said
    assert said.count("perhaps the system ran out of memory") == 1
    assert "Traceback" not in faults.program.out + faults.program.err
    assert faults.program.err.count("failed: data.source.fault=") == 16


# One run


@dataclass(frozen=True)
class Alone:
    status: int
    program: Program


@pytest.fixture(scope="module")
def taken(tmp_path_factory) -> Path:
    """Where runs and sweeps are told to write into one directory, outputs/x."""
    return tmp_path_factory.mktemp("taken")


@pytest.fixture(scope="module")
def alone(start, taken) -> dict[str, Alone]:
    """A run without a sweep for each fault, two at a time."""

    def run(fault: str) -> Alone:
        program = start(taken, fault, f"timeout_s={TIMEOUT_S}", "hydra.run.dir=outputs/x")
        return Alone(program.end(), program)

    faults = ("none", "raise", "segv", "hang")
    with ThreadPoolExecutor(2) as two:
        return dict(zip(faults, two.map(run, faults), strict=True))


def test_one_run_prints_what_it_measured(alone):
    assert alone["none"].status == 0
    assert alone["none"].program.err == ""
    patterns = (
        r"build 0: loss [\d.]+, accuracy [\d.]+",
        r"seeds:   value 42",
        r"digest:  [0-9a-f]{16}",
        r"record:  /.*/outputs/x(_\d)?/record.json",
        r"One run says nothing about variance: add -m to run it several times and compare.",
    )
    lines = alone["none"].program.out.splitlines()
    assert [bool(re.fullmatch(*pair)) for pair in zip(patterns, lines, strict=True)] == [True] * 5


@pytest.mark.parametrize("fault", ["raise", "segv", "hang"])
def test_one_run_that_fails_says_so_in_one_line(alone, fault):
    ended = alone[fault]
    assert ended.status == 1
    assert ended.program.out == ""
    (line,) = ended.program.err.splitlines()
    found = re.fullmatch(r"failed: (.*) \(see (/.*/outputs/x(?:_\d)?/run.log)\)", line)
    assert found is not None, line
    assert found.group(1) == REASONS[fault]
    record = read_run(Path(found.group(2)).parent / RECORD)
    assert record.status == "failed"
    assert record.error.splitlines()[0] == REASONS[fault]
    assert record.signal == {"kill": "SIGKILL", "segv": "SIGSEGV"}.get(fault)
    assert record.configuration.overrides["data.source.fault"] == fault
    assert record.seeds == {"value": 42}
    assert record.wall_s > 0


# A sweep that is stopped from outside


@dataclass(frozen=True)
class Stopped:
    status: int
    program: Program
    directory: Path


@pytest.fixture(scope="module")
def stopped(start, taken) -> dict[str, Stopped]:
    """Three sweeps into one directory: two that start at the same moment, and a later one."""

    def begin() -> Program:
        return start(taken, "only_first", "replicates=4", "hydra.sweep.dir=outputs/x", "-m")

    def stop(program: Program, number: int) -> Stopped:
        # One run has ended, and those that come next hang.
        program.wait_until(lambda: (program.flags / "hangs").exists() and records(program))
        program.look()
        if number == signal.SIGINT:
            os.killpg(program.pid, number)  # a terminal's Ctrl-C reaches the whole group
        else:
            program.process.send_signal(number)
        return Stopped(program.end(), program, records(program)[0].parents[1])

    def records(program: Program) -> list[Path]:
        sweeps = taken.glob("outputs/*/multirun.yaml")
        mine = [each.parent for each in sweeps if program.flags.name in each.read_text()]
        return [record for each in mine for record in each.glob(f"*/{RECORD}")]

    first, second = begin(), begin()
    ended = {"SIGINT": stop(first, signal.SIGINT), "SIGTERM": stop(second, signal.SIGTERM)}
    return ended | {"SIGKILL": stop(begin(), signal.SIGKILL)}


@pytest.mark.parametrize(
    ("name", "status", "last"),
    [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "ended by SIGTERM")],
)
def test_a_stopped_sweep_saves_what_is_done(stopped, name, status, last):
    ended = stopped[name]
    assert ended.status == status
    assert ended.program.err.splitlines()[-1] == last
    assert "Traceback" not in ended.program.err
    results = runner.load(ended.directory)
    assert results.problems == []
    assert list(results.runs["status"]) == ["ok"]
    table = pd.read_parquet(ended.directory / "table.parquet")
    assert list(table["verdict"]) == ["insufficient"]
    assert len(pd.read_csv(ended.directory / "runs.csv")) == 1
    assert "insufficient" in ended.program.out
    assert "Ended early: 1 of 4 runs were made." in ended.program.out


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_a_stopped_sweep_leaves_no_process_and_no_temporary_file(stopped, name):
    program = stopped[name].program
    assert len(program.seen) >= 3  # two warm parents, and at least one run
    wait_until(lambda: not program.left(), timeout_s=5)
    wait_until(lambda: not list(program.flags.glob("runner-*")), timeout_s=5)


def test_a_killed_sweep_leaves_valid_records(stopped):
    assert stopped["SIGKILL"].status == -signal.SIGKILL
    results = runner.load(stopped["SIGKILL"].directory)
    assert results.problems == []
    assert list(results.runs["status"]) == ["ok"]


def test_no_two_programs_share_a_directory(stopped, alone, taken):
    directories = {each.name: each for each in (taken / "outputs").iterdir()}
    assert set(directories) == {"x", *(f"x_{number}" for number in range(1, 7))}
    assert sum((each / "multirun.yaml").is_file() for each in directories.values()) == 3
    assert sum((each / RECORD).is_file() for each in directories.values()) == 4
    assert len({each.directory for each in stopped.values()}) == 3


# A sweep whose warm parent dies


@dataclass(frozen=True)
class Bereft:
    status: int
    program: Program
    directory: Path
    killed: int
    peak_rss_bytes: int
    libraries: set[str]
    """Files mapped by the main process while runs were executed."""
    libraries_of_parent: set[str]


@pytest.fixture(scope="module")
def bereft(start, tmp_path_factory) -> Bereft:
    """A sweep of which a warm parent is killed while it has a run."""
    cwd = tmp_path_factory.mktemp("bereft")
    program = start(cwd, "slow", "replicates=6", "-m")
    program.wait_until(lambda: list(cwd.glob(f"outputs/*/*/*/{RECORD}")))
    busy: list[psutil.Process] = []
    program.wait_until(lambda: busy.extend(p for p in program.look() if p.children()) or busy)
    main = psutil.Process(program.pid)
    libraries, of_parent = ({m.path for m in p.memory_maps()} for p in (main, busy[0]))
    busy[0].kill()
    peak = 0
    while program.process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            peak = max(peak, main.memory_info().rss)
        time.sleep(0.05)
    (directory,) = cwd.glob("outputs/*/*")
    return Bereft(program.end(), program, directory, busy[0].pid, peak, libraries, of_parent)


@pytest.mark.slow
def test_a_dead_warm_parent_is_replaced_and_nothing_is_lost(bereft):
    assert bereft.status == 0
    results = runner.load(bereft.directory)
    assert list(results.runs["status"]) == ["ok"] * 6
    assert results.problems == []
    (row,) = results.table.itertuples()
    assert (row.verdict, row.runs, row.failed) == ("repeatable", 6, 0)


@pytest.mark.slow
def test_only_our_own_lines_reach_the_terminal(bereft):
    assert [line for line in bereft.program.err.splitlines() if not COUNTING.fullmatch(line)] == []
    assert "verdict" in bereft.program.out.splitlines()[0]
    # The line is broken where it does not fit.
    assert re.search(r"\nFiles: \S+\s\(report\.html, [^)]+\)$", bereft.program.out.strip())
    # A finding may be called "warning"; libraries write Warning: or WARNING.
    assert not re.search("Warning|WARNING", bereft.program.out)
    assert not re.search("tensorflow|cuda|onednn", bereft.program.out, re.IGNORECASE)


@pytest.mark.slow
def test_the_main_process_is_small_and_has_no_tensorflow(bereft):
    assert 0 < bereft.peak_rss_bytes < 300 * 2**20
    assert any("tensorflow" in path for path in bereft.libraries_of_parent)
    assert any("numpy" in path for path in bereft.libraries)
    assert not any("tensorflow" in path for path in bereft.libraries)
