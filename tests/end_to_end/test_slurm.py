"""Sweeps in the jobs of a real Slurm, of one node, that is started for these tests."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator

import pytest
import slurm_cluster
from conftest import Ended, run_cli
from pools import gone, wait_until
from test_engines import (
    GRID,
    TRUST,
    WAITING,
    began,
    carried_by,
    records_of,
    sweeping,
    wait_for_runs,
)

OBSTACLE = slurm_cluster.find_obstacle()
pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.process,
    pytest.mark.skipif(OBSTACLE is not None, reason=str(OBSTACLE)),
]
SLURM = carried_by("submitit_slurm")


@pytest.fixture(scope="module")
def slurm() -> Iterator[dict[str, str]]:
    with slurm_cluster.open_cluster() as variables:
        yield variables


@pytest.fixture(autouse=True)
def _in_cluster(slurm, monkeypatch):
    for name, value in slurm.items():
        monkeypatch.setenv(name, value)
    yield
    # No job is left, whatever became of the sweep.
    wait_until(lambda: queued(slurm) == [], timeout_s=30)


def queued(slurm: dict[str, str]) -> list[str]:
    return slurm_cluster.ask(slurm, "squeue", "--noheader", "--format=%A").split()


def test_a_grid_has_its_verdicts_in_jobs_of_slurm(tmp_path):
    ended = run_cli(tmp_path, *SLURM, *GRID)
    assert ended.status == 0, ended.err
    rows = ended.rows("seed")
    assert rows["fixed"]["verdict"] == "repeatable"
    assert (rows["random"]["verdict"], rows["random"]["replay"]) == ("seed-driven", "same")
    assert len({each.warm_parent for each in records_of(ended)}) == 4  # two on each of two agents


@pytest.mark.parametrize("lost", ["killed", "cancelled"])
def test_the_runs_of_a_job_that_ends_are_made_again(lost, slurm, tmp_path):
    with sweeping(tmp_path, *SLURM, *WAITING) as process:
        wait_for_runs(tmp_path, 2)
        if lost == "killed":
            os.kill(began(tmp_path)[0][1], signal.SIGKILL)
        else:
            slurm_cluster.ask(slurm, "scancel", queued(slurm)[0])
        wait_for_runs(tmp_path, 3)
        (tmp_path / "go").touch()
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "was lost" in err
    ended = Ended(process.returncode, out, err, tmp_path)
    assert list(ended.results.runs["status"]) == ["ok"] * 4
    assert Counter(each.job for each in records_of(ended)) == Counter(range(4))
    wait_until(lambda: all(gone(pid) for run in began(tmp_path) for pid in run))


def test_a_sweep_that_is_interrupted_leaves_no_job_and_goes_on_later(slurm, tmp_path):
    with sweeping(tmp_path, *SLURM, *WAITING) as process:
        wait_for_runs(tmp_path, 2)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        process.communicate(timeout=60)
    assert process.returncode == 130
    wait_until(lambda: queued(slurm) == [], timeout_s=30)
    (tmp_path / "go").touch()
    (sweep,) = (tmp_path / "outputs").glob("*/*")
    where = str(sweep.relative_to(tmp_path))
    ended = run_cli(tmp_path, "resume", where, *SLURM, keep_order=True, **TRUST)
    assert ended.status == 0, ended.err
    assert Counter(each.job for each in records_of(ended)) == Counter(range(4))


def test_an_option_that_slurm_refuses_is_one_line(tmp_path):
    ended = run_cli(
        tmp_path, *SLURM, "+hydra.launcher.options.slurm_partition=nowhere", *GRID, timeout=60
    )
    assert ended.status == 1
    assert ended.err == (
        "the job that hydra.launcher.options describe was refused: invalid partition specified:"
        " nowhere; Batch job submission failed: Invalid partition name specified\n"
    )
