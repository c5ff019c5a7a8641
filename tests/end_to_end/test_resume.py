"""Interrupted sweeps, finished: real kills, and a table as if nothing had happened."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
from conftest import APPS, run_cli

import runner
from runner.plan.manifest import MANIFEST
from runner.record.record import RECORD

pytestmark = pytest.mark.slow

NUMPY = ("task=function", "task.function=own_training.with_numpy")
GRID = (*NUMPY, "seed=fixed,random,derived", "replicates=3", "-m")
TIMES = ["wall_s"]
"""Columns that differ when the same is done again."""


def resume(cwd, *arguments, **environment):
    return run_cli(cwd, "resume", *map(str, arguments), **environment)


def start(cwd: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments],
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(APPS), "RUNNER_TRUST": "own_training"},
        start_new_session=True,
    )


def test_a_sweep_that_is_interrupted_at_once_says_how_to_go_on(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", *GRID],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(APPS), "RUNNER_TRUST": "own_training"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while not (plans := list(tmp_path.glob(f"outputs/*/*/{MANIFEST}"))):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    directory = plans[0].parent.relative_to(tmp_path)
    command = f"python -m runner resume {directory}"
    assert err.splitlines() == [f"No run had ended. To go on: {command}", "interrupted"]
    ended = resume(tmp_path, directory, RUNNER_TRUST="own_training")
    assert ended.status == 0
    assert set(ended.results.runs["status"]) == {"ok"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A sweep that nobody interrupted."""
    ended = run_cli(tmp_path_factory.mktemp("whole"), *GRID)
    assert ended.status == 0, ended.err
    return ended


@pytest.fixture
def copy(whole, tmp_path):
    """A copy of it in place of the original, which resuming does not mind."""
    shutil.copytree(whole.sweep, tmp_path / "sweep")
    return tmp_path / "sweep"


def table(directory) -> pd.DataFrame:
    return runner.load(directory).table.drop(columns=TIMES)


def test_a_finished_sweep_has_nothing_left_to_do(whole, copy):
    before = {path: path.stat().st_mtime_ns for path in copy.rglob(RECORD)}
    ended = resume(whole.cwd, copy)
    assert ended.status == 0, ended.err
    assert "11 of 11 runs were done already" in ended.err
    assert {path: path.stat().st_mtime_ns for path in copy.rglob(RECORD)} == before
    pd.testing.assert_frame_equal(table(copy), table(whole.sweep))


def test_missing_failed_and_damaged_runs_are_made_and_no_others(whole, copy):
    shutil.rmtree(copy / "0")
    (copy / "1" / RECORD).unlink()
    (copy / "3" / RECORD).write_text("{")
    damaged = bytearray((copy / "4" / "outputs.npz").read_bytes())
    damaged[50] ^= 1
    (copy / "4" / "outputs.npz").write_bytes(damaged)
    # A replay is to be made again with the seed of the run that it repeats.
    shutil.rmtree(copy / "10")
    kept = (copy / "2" / RECORD).stat().st_mtime_ns
    ended = resume(whole.cwd, copy)
    assert ended.status == 0, ended.err
    assert "6 of 11 runs were done already" in ended.err
    assert (copy / "2" / RECORD).stat().st_mtime_ns == kept
    for directory in (copy, whole.sweep):
        assert len(list(directory.glob(f"*/{RECORD}"))) == 11
    pd.testing.assert_frame_equal(table(copy), table(whole.sweep))
    digests = [runner.load(each).runs[["seeds", "digest"]] for each in (copy, whole.sweep)]
    pd.testing.assert_frame_equal(*digests)
    # Nothing is lost: what the others left lies beside them.
    assert (copy / "3.attempt0" / "attempt.json").read_text() == "{"


def test_the_override_does_the_same_as_the_command(whole, copy):
    shutil.rmtree(copy / "5")
    ended = run_cli(whole.cwd, *GRID, f"resume='{copy}'")
    assert ended.status == 0, ended.err
    assert "10 of 11 runs were done already" in ended.err
    pd.testing.assert_frame_equal(table(copy), table(whole.sweep))


# --- what changed is refused


def refused(ended, said):
    assert ended.status == 2
    assert ended.out == ""
    (line,) = ended.err.splitlines()
    assert line.startswith("resume: something changed since the sweep began. Received: ")
    assert said in line


def test_another_configuration_is_refused_and_named(whole, copy):
    said = [*NUMPY, "seed=fixed,random,derived", "replicates=4", "-m"]
    refused(run_cli(whole.cwd, *said, f"resume='{copy}'"), "the overrides are others")
    # The same overrides that compose to something else.
    (whole.cwd / "mine" / "seed").mkdir(parents=True, exist_ok=True)
    text = (copy / MANIFEST).read_text()
    assert '"value": 42' in text
    altered = json.loads(text)
    altered["configs"][0]["seed"]["value"] = 41
    reseal(copy, altered)
    refused(resume(whole.cwd, copy), "seed.value: was 41, is 42")
    ended = resume(whole.cwd, copy, "--accept-change")
    assert ended.status == 0
    assert "resumed though this changed: seed.value: was 41, is 42\n" in ended.err


def test_another_version_source_or_flag_is_refused(whole, copy):
    refused(resume(whole.cwd, copy, TF_FAKE_FLAG="1"), "$TF_FAKE_FLAG: was nothing, is 1")
    altered = json.loads((copy / MANIFEST).read_text())
    altered["provenance"] |= {"numpy": "0.1", "source revision": "abc"}
    reseal(copy, altered)
    ended = resume(whole.cwd, copy)
    refused(ended, "numpy: was 0.1, is ")
    assert "source revision: was abc, is nothing" in ended.err
    assert "Use --accept-change to go on nevertheless" in ended.err


def test_other_code_data_or_helpers_are_refused_and_named(tmp_path):
    code = "from helper import K\nimport linked.more, numpy as np\n"
    code += "def f(c, s): return {'outputs': np.load('rows.npy') + K}\n"
    (tmp_path / "mine.py").write_text(code)
    (tmp_path / "helper.py").write_text("K = 1\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "more.py").touch()
    work = tmp_path / "work"
    work.mkdir()
    for name in ("mine.py", "helper.py"):
        (tmp_path / name).rename(work / name)
    (work / "linked").symlink_to(tmp_path / "elsewhere")
    np.save(work / "rows.npy", np.ones((3, 2)))
    (work / "part-1.txt").touch()
    said = ["task=function", "task.function=mine.f", "+task.params.rows=rows.npy", "builds=1"]
    said += ["+task.params.parts=part-*.txt", "replicates=2", "-m"]
    trust = {"RUNNER_TRUST": "mine,helper,linked"}
    ended = run_cli(work, *said, **trust)
    assert ended.status == 0, ended.err
    shutil.rmtree(ended.sweep / "1")
    for name in ("mine.py", "helper.py", "rows.npy", "linked/more.py", "part-1.txt"):
        before = (work / name).read_bytes()
        (work / name).write_bytes(before + b"\n")
        refused(resume(work, ended.sweep, **trust), f"{name} is another file")
        (work / name).write_bytes(before)
    assert resume(work, ended.sweep, **trust).status == 0


def test_code_that_changes_while_a_sweep_runs_is_named(tmp_path):
    code = "import pathlib\ndef f(c, s):\n    pathlib.Path('mine.py').open('a').write('#')\n"
    (tmp_path / "mine.py").write_text(code + "    return {'outputs': [[1.0]]}\n")
    said = ["task=function", "task.function=mine.f", "replicates=2", "-m"]
    ended = run_cli(tmp_path, *said, RUNNER_TRUST="mine")
    assert ended.status == 0
    line = "changed while the sweep ran, so that runs may be of different code: mine.py\n"
    assert ended.err.endswith(line)


def test_a_module_called_runner_is_not_taken_for_this_program(whole, copy):
    """Not started with `python -m`, which would find it before any of this program runs."""
    module = whole.cwd / "runner.py"
    module.write_text("open('MARKER', 'w')\n")
    said = subprocess.run(
        [sys.executable, "-P", "-m", "runner", "resume", str(copy)],
        cwd=whole.cwd, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(APPS)},
    )  # fmt: skip
    module.unlink()
    assert said.returncode == 2
    assert "runner.py is another file" in said.stderr
    assert not (whole.cwd / "MARKER").exists()


def test_how_runs_get_their_processes_may_change(whole, copy):
    shutil.rmtree(copy / "7")
    altered = json.loads((copy / MANIFEST).read_text())
    for config in altered["configs"]:
        config |= {"workers": 7, "timeout_s": 1000.0, "retries": 1}
    reseal(copy, altered)
    assert resume(whole.cwd, copy).status == 0


def reseal(directory, body):
    from runner.record.store import checksum_of

    body.pop("checksum")
    (directory / MANIFEST).write_text(json.dumps({**body, "checksum": checksum_of(body)}))


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        ("gone", "is not a sweep that was planned"),
        ("damaged", "its plan is damaged, or of another version"),
        ("no json", "its plan cannot be read"),
    ],
)
def test_without_its_plan_a_sweep_cannot_be_resumed(whole, copy, harm, reason):
    plan = copy / MANIFEST
    if harm == "gone":
        plan.unlink()
    else:
        plan.write_text(plan.read_text().replace("fixed", "fixet") if harm == "damaged" else "{")
    ended = resume(whole.cwd, copy)
    assert (ended.status, ended.out) == (2, "")
    assert reason in ended.err
    assert ended.err.count("\n") == 1


def test_resume_is_for_sweeps(whole, copy):
    ended = run_cli(whole.cwd, *NUMPY, f"resume='{copy}'")
    assert ended.status == 2
    assert ended.err.startswith("resume: is for a sweep: add -m")


# --- two at once


def test_of_two_programs_on_one_sweep_one_is_refused(tmp_path):
    (tmp_path / "outputs").mkdir()
    slow = ["task=function", "task.function=own_training.slow", "replicates=24", "-m"]
    first = start(tmp_path, *slow)
    try:
        sweep = wait_for(lambda: next(iter(tmp_path.glob(f"outputs/*/*/{MANIFEST}")), None)).parent
        ended = resume(tmp_path, sweep)
        assert (ended.status, ended.out) == (2, "")
        assert ended.err == f"{sweep}: another program is running this sweep\n"
        assert first.wait(120) == 0
    finally:
        first.kill()
        first.wait()
    assert resume(tmp_path, sweep).status == 0
    assert runner.load(sweep).table["runs"].tolist() == [24]


def wait_for(found, timeout_s=30.0):
    end_s = time.monotonic() + timeout_s
    while (value := found()) is None:
        assert time.monotonic() < end_s
        time.sleep(0.02)
    return value


# --- killed at any moment


def find(program: psutil.Process, kind: str) -> list[psutil.Process]:
    """The main process, the warm parents, or the runs, as far as there are any."""
    try:
        parents = program.children()
        runs = [child for parent in parents for child in parent.children()]
    except psutil.NoSuchProcess:
        return []
    return {"main": [program], "parent": parents, "run": runs}[kind]


def kill_something(program: subprocess.Popen[bytes], kind: str, chance: random.Random) -> bool:
    """End one process of a kind by SIGKILL, at a random moment; False: the program was faster."""
    process = psutil.Process(program.pid)
    time.sleep(chance.uniform(0, 1.0))
    while program.poll() is None:
        found = find(process, kind)
        time.sleep(chance.uniform(0, 0.2))
        if found:
            try:
                chance.choice(found).send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
            return True
    return False


def kill_and_resume(tmp_path: Path, kills: int, seed: int) -> dict[str, int]:
    """Kill at random moments and resume, until so many were killed; count what was."""
    chance = random.Random(seed)
    grid = ["task=function", "task.function=own_training.slow", "seed=fixed,random"]
    grid += [f"replicates={kills}", "-m"]
    counts = dict.fromkeys(("main", "parent", "run"), 0)
    sweep = None
    while sum(counts.values()) < kills:
        program = start(tmp_path, *(grid if sweep is None else ["resume", str(sweep)]))
        while program.poll() is None and sum(counts.values()) < kills:
            kind = chance.choice(list(counts))
            counts[kind] += kill_something(program, kind, chance)
        program.wait(300)
        found = list(tmp_path.glob(f"outputs/*/*/{MANIFEST}"))
        if sweep is None and found:
            (sweep,) = (each.parent for each in found)
        elif sweep is None:
            shutil.rmtree(tmp_path / "outputs", ignore_errors=True)
        elif all_done(sweep, 2 * kills + 1):
            shutil.rmtree(next(sweep.glob("[0-9]*")))  # or there would be nothing left to kill
    for _ in range(3):
        ended = resume(tmp_path, sweep)
        if ended.status == 0:
            break
    assert ended.status == 0, ended.err
    check(sweep, kills)
    return counts


def all_done(sweep: Path, planned: int) -> bool:
    return len(list(sweep.glob(f"[0-9]*/{RECORD}"))) >= planned


def check(sweep: Path, replicates: int) -> None:
    """Nothing is lost, nothing is there twice, and the verdicts are right."""
    results = runner.load(sweep)
    assert results.problems == []
    rows = results.table.set_index("seed")
    assert rows["verdict"].to_dict() == {"fixed": "repeatable", "random": "seed-driven"}
    assert (rows["runs"] == replicates).all()
    assert (rows["failed"] == 0).all()
    assert results.runs["dir"].is_unique
    seeds = results.runs.loc[results.runs["seed"] == "random", "seeds"]
    assert len(set(seeds)) == replicates


@pytest.mark.slow
def test_a_sweep_survives_being_killed(tmp_path):
    counts = kill_and_resume(tmp_path, kills=4, seed=1)
    assert sum(counts.values()) == 4


@pytest.mark.exhaustive
def test_a_sweep_survives_being_killed_at_fifty_moments(tmp_path):
    counts = kill_and_resume(tmp_path, kills=50, seed=2)
    assert min(counts.values()) > 5, counts
