"""What a run may use and how often it is tried: real memory, real text, real failures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import run_cli
from pools import both, pool, run_one, value

from runner.processes.limits import KEPT_LOG_BYTES, MAX_LOG_BYTES
from runner.processes.messages import Job, Status
from runner.record.attempts import ATTEMPT, archive_attempt

FLAKY = ("task=function", "task.function=own_training.flaky")


def allocate(megabytes: int) -> int:
    import time

    block = bytearray(megabytes * 2**20)
    block[::4096] = b"x" * len(block[::4096])  # touched, so that it is resident
    time.sleep(1.5)
    return len(block)


def allocate_in_a_child(megabytes: int) -> None:
    import subprocess
    import sys

    code = f"import time; block = b'x' * ({megabytes} * 2**20); time.sleep(30)"
    subprocess.run([sys.executable, "-c", code], check=True)


def print_much(megabytes: int) -> None:
    line = "x" * 1023 + "\n"
    for _ in range(megabytes * 1024):
        print(line, end="")
    print("the end")


@both
def test_a_run_that_needs_more_memory_is_ended_and_says_so(isolation):
    limit = 300 * 2**20
    outcome = run_one(isolation, allocate, 600, memory_limit_bytes=limit)
    assert outcome.status is Status.MEMORY
    assert outcome.reason == f"used more than {limit} bytes (memory_limit_bytes)"
    assert outcome.peak_rss_bytes > limit
    assert value(run_one(isolation, allocate, 10, memory_limit_bytes=limit)) == 10 * 2**20


def test_memory_of_processes_that_it_starts_counts():
    outcome = run_one("fork", allocate_in_a_child, 400, memory_limit_bytes=200 * 2**20)
    assert outcome.status is Status.MEMORY
    assert outcome.wall_s < 25


def test_the_next_run_of_the_same_warm_parent_is_as_any():
    with pool("fork") as one:
        import pickle

        import cloudpickle

        jobs = [
            Job(key, cloudpickle.dumps(allocate), pickle.dumps((size,)), memory_limit_bytes=2**28)
            for key, size in enumerate((500, 1))
        ]
        found = {outcome.key: outcome.status for outcome in one.run(jobs)}
    assert found == {0: Status.MEMORY, 1: Status.OK}


@both
def test_a_log_keeps_its_beginning_and_its_end(isolation, tmp_path):
    log = tmp_path / "run.log"
    outcome = run_one(isolation, print_much, 200, log=log)
    assert outcome.status is Status.OK
    text = log.read_text()
    # Between two looks it can grow further.
    assert len(text) < 200 * 2**20 - MAX_LOG_BYTES
    assert text.startswith("xxxx")
    assert "bytes were left out here]\n" in text[KEPT_LOG_BYTES:]
    assert text.endswith("the end\n")


# --- through the command line


@pytest.mark.slow
def test_the_limit_is_a_key_of_the_config(cli):
    ended = cli(
        "task=function", "task.function=own_training.greedy", "memory_limit_bytes=300000000",
        "replicates=2", "-m",
    )  # fmt: skip
    assert ended.status == 1
    runs = ended.results.runs
    assert (runs["status"] == "failed").all()
    assert (runs["error"] == "used more than 300000000 bytes (memory_limit_bytes)").all()


@pytest.fixture(scope="module")
def tried_again(tmp_path_factory):
    """Runs that fail at their first attempt, and one configuration that always does."""
    return run_cli(
        tmp_path_factory.mktemp("flaky"), *FLAKY, "seed=fixed", "retries=1", "replicates=3",
        "+task.params.mode=once,always", "-m",
    )  # fmt: skip


def test_retries_are_said_and_recorded(tried_again):
    assert tried_again.status == 1
    rows = tried_again.rows("task.params.mode")
    assert rows["once"]["verdict"] == "repeatable"
    assert (rows["once"]["runs"], rows["once"]["failed"]) == (3, 0)
    assert rows["once"]["retried"] == 3
    said = " ".join(tried_again.out.split())
    assert "3 of 3 runs succeeded only when tried again." in said
    assert (rows["always"]["verdict"], rows["always"]["failed"]) == ("failed", 3)
    assert tried_again.err.count("failed, to be tried again: ") == 6


def test_what_a_failed_attempt_left_is_kept_and_is_no_run(tried_again):
    records = [json.loads(path.read_text()) for path in tried_again.sweep.glob("*/record.json")]
    assert len(records) == 6
    assert all(each["retried"] == ["OSError: not yet"] for each in records)
    attempts = list(tried_again.sweep.glob(f"*.attempt0/{ATTEMPT}"))
    assert len(attempts) == 6
    assert json.loads(attempts[0].read_text())["error"] == "OSError: not yet"


def test_nothing_is_tried_again_unasked(cli):
    ended = cli(*FLAKY, "seed=fixed", "replicates=2", "-m")
    assert ended.status == 1
    assert (ended.results.table["failed"] == 2).all()
    assert (ended.results.table["retried"] == 0).all()


def test_each_attempt_has_a_name_of_its_own(tmp_path):
    for number in range(3):
        (tmp_path / "7").mkdir()
        archive_attempt(tmp_path / "7")
        assert (tmp_path / f"7.attempt{number}").is_dir()
    archive_attempt(Path(tmp_path / "8"))
    assert len(list(tmp_path.iterdir())) == 3
