"""A run that dies says which seed it had, whoever started it, and that seed repeats it."""

from __future__ import annotations

import json

import pytest
from conftest import run_cli

from runner.record.reader import read_stored

pytestmark = pytest.mark.slow

DYING = ("task=function", "task.function=dying.train", "builds=1")
LIMITS = ("timeout_s=5", "memory_limit_bytes=600000000")
REASONS = {
    "kill": "killed by SIGKILL",
    "segv": "killed by SIGSEGV",
    "exit": "left by os._exit(3)",
    "hang": "no answer after 5 s (timeout_s)",
    "memory": "used more than 600000000 bytes (memory_limit_bytes)",
}
STARTED = {
    "ours": ("replicates=1", "replays=0", "-m"),
    "basic sweeper": ("hydra/sweeper=basic", "hydra/launcher=runner", "-m"),
    "basic launcher": ("hydra/launcher=basic", "replicates=1", "replays=0", "-m"),
    "both basic": ("hydra/sweeper=basic", "hydra/launcher=basic", "-m"),
}


def first_is_fast(values):
    """The values as parameters; tests of all but the first are slow."""
    first, *others = values
    return [first, *(pytest.param(each, marks=pytest.mark.slow) for each in others)]


def read_notes(cwd):
    """What the runs noted, by how they ended; each began once."""
    found = [json.loads(path.read_text()) for path in cwd.glob("note-*.json")]
    assert len({each["end"] for each in found}) == len(found)
    return {each["end"]: each for each in found}


def check_told(cwd, ends):
    """Every record has the seeds that its run was given, and why it ended; return the notes."""
    notes = read_notes(cwd)
    stored, problems = read_stored(cwd / "outputs")
    assert problems == []
    records = {each.configuration.overrides["task.params.end"]: each.record for each in stored}
    assert set(records) == set(notes) == set(ends)
    for end, record in records.items():
        assert record.status == "failed"
        assert record.error.partition("\n")[0] == REASONS[end]
        assert record.seeds == notes[end]["seeds"] != {}
    return notes


def check_repeated(cwd, end, note):
    """With the recorded seed a run draws the same numbers and ends the same way."""
    seed = note["seeds"]["value"]
    again = run_cli(
        cwd, *DYING, *LIMITS, f"+task.params.end={end}", "seed=fixed", f"seed.value={seed}"
    )
    assert again.status == 1
    assert again.err.startswith(f"failed: {REASONS[end]}")
    assert read_notes(cwd)[end] == note


@pytest.mark.parametrize("start", first_is_fast(STARTED))
def test_a_random_run_that_dies_in_a_sweep(tmp_path, start):
    ended = run_cli(
        tmp_path / "work", *DYING, *LIMITS, f"+task.params.end={','.join(REASONS)}",
        "seed=random", *STARTED[start],
    )  # fmt: skip
    assert ended.status == 1
    assert "Traceback" not in ended.out
    notes = check_told(ended.cwd, REASONS)
    assert len({note["seeds"]["value"] for note in notes.values()}) == len(REASONS)
    check_repeated(tmp_path / "again", "kill", notes["kill"])


@pytest.mark.parametrize("end", first_is_fast(REASONS))
def test_a_random_run_that_dies_alone(tmp_path, end):
    ended = run_cli(
        tmp_path / "work", *DYING, *LIMITS, f"+task.params.end={end}", "seed=random"
    )  # fmt: skip
    assert (ended.status, ended.err.partition(" (see")[0]) == (1, f"failed: {REASONS[end]}")
    notes = check_told(ended.cwd, [end])
    check_repeated(tmp_path / "again", end, notes[end])


@pytest.mark.parametrize("start", first_is_fast(["ours", "basic sweeper", "both basic"]))
def test_derived_seeds_of_a_run_that_dies(tmp_path, start):
    ends = ("segv", "exit", "kill")
    ended = run_cli(
        tmp_path / "work", *DYING, f"+task.params.end={','.join(ends)}", "seed=derived",
        *STARTED[start],
    )  # fmt: skip
    assert ended.status == 1
    notes = check_told(ended.cwd, ends)
    assert {len(note["seeds"]) for note in notes.values()} == {6}
