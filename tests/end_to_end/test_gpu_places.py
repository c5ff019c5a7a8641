"""Runs and the GPUs that they are given, as far as it is seen in what CUDA is told."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from pathlib import Path

import pytest
from conftest import run_cli

from runner.record.reader import read_stored

pytestmark = pytest.mark.process

TWO = "GPU-8932f937-d72c,5"
FUNCTION = (
    "task=function",
    "task.function=on_devices.train",
    "seed=fixed",
    "builds=1",
    "replays=0",
)
TRUST = {"RUNNER_TRUST": "on_devices"}


def seen_in(cwd: Path) -> list[dict]:
    return [json.loads(each.read_text()) for each in cwd.glob("seen-*")]


def most_at_once(runs: list[dict]) -> dict[str, int]:
    """Each device, to the most runs that had it at the same time."""
    by_device = defaultdict(list)
    for each in runs:
        by_device[each["device"]].append(each)
    return {
        device: max(
            sum(one["began"] <= each["began"] < one["ended"] for one in having) for each in having
        )
        for device, having in by_device.items()
    }


def sweep(cwd: Path, *words: str, devices: str = TWO, seconds: float = 0.4, replicates: int = 6):
    ended = run_cli(
        cwd, *FUNCTION, f"+task.params.seconds={seconds}", f"replicates={replicates}", *words, "-m",
        CUDA_VISIBLE_DEVICES=devices, **TRUST,
    )  # fmt: skip
    assert ended.status == 0, ended.err
    runs = seen_in(cwd)
    assert len(runs) == replicates
    assert all(each["inner"] == str(each["device"]) for each in runs)
    return ended, runs


@pytest.mark.parametrize(
    "how",
    [
        "isolation=fork",
        pytest.param("isolation=spawn", marks=pytest.mark.exhaustive),
    ],
)
def test_one_run_at_a_time_has_a_device_and_sees_no_other(how, tmp_path):
    ended, runs = sweep(tmp_path, how, "workers=4")
    assert most_at_once(runs) == {"GPU-8932f937-d72c": 1, "5": 1}
    pairs = itertools.combinations(runs, 2)
    assert any(a["began"] < b["ended"] and b["began"] < a["ended"] for a, b in pairs)  # in parallel
    records = [each.record for each in read_stored(ended.sweep)[0]]
    assert {each.visible_devices for each in records} == {"GPU-8932f937-d72c", "5"}
    assert len({each.configuration.id for each in records}) == 1
    assert "5" not in {str(value) for each in records for value in each.environment.values()}
    assert len(ended.results.environments) == 1


@pytest.mark.slow
def test_small_runs_share_a_device_when_asked_to(tmp_path):
    _, runs = sweep(tmp_path, "runs_per_gpu=2", devices="1", seconds=1.0)
    assert most_at_once(runs) == {"1": 2}


@pytest.mark.exhaustive
def test_every_run_sees_all_devices_when_asked_to(tmp_path):
    _, runs = sweep(tmp_path, "runs_per_gpu=null", "workers=2", replicates=2)
    assert {each["device"] for each in runs} == {TWO}


@pytest.mark.slow
@pytest.mark.parametrize(
    "engine", ["joblib", pytest.param("submitit_local", marks=pytest.mark.exhaustive)]
)
def test_agents_on_one_machine_share_its_devices_out(engine, tmp_path):
    _, runs = sweep(
        tmp_path, f"hydra/launcher={engine}", "hydra.launcher.agents=2", "workers=2", seconds=1.0
    )
    assert most_at_once(runs) == {"GPU-8932f937-d72c": 1, "5": 1}


@pytest.mark.slow
def test_more_agents_than_devices_here_are_refused_in_one_line(tmp_path):
    ended = run_cli(
        tmp_path, "seed=fixed", "hydra/launcher=joblib", "hydra.launcher.agents=3", "-m",
        CUDA_VISIBLE_DEVICES="0,1",
    )  # fmt: skip
    assert ended.status == 2
    assert ended.err == (
        "hydra.launcher.agents: must be at most 2: the GPUs here have room for so many runs."
        " Received: 3. runs_per_gpu sets how many share one\n"
    )


@pytest.mark.exhaustive
def test_a_single_run_has_one_device(tmp_path):
    ended = run_cli(
        tmp_path, *FUNCTION, "+task.params.seconds=0", CUDA_VISIBLE_DEVICES=TWO, **TRUST
    )
    assert ended.status == 0, ended.err
    assert [each["device"] for each in seen_in(tmp_path)] == ["GPU-8932f937-d72c"]
