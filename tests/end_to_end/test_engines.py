"""Sweeps that engines carry to agents: the same results, and what becomes of agents that die."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from conftest import APPS, Ended, run_cli
from pools import gone, wait_until

from runner.engines.agent_pool import FOLDER
from runner.record.reader import read_stored
from runner.record.record import RunRecord

pytestmark = pytest.mark.slow

# Ray is no part of the extra `test`, as its wheel takes 200 MB.
NO_RAY = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="needs python -m pip install '.[ray]'"
)
ENGINES = [
    pytest.param("joblib", id="joblib"),
    pytest.param("submitit_local", id="submitit_local"),
    pytest.param("ray", id="ray", marks=[pytest.mark.exhaustive, NO_RAY]),
]
engines = pytest.mark.parametrize("engine", ENGINES)

FUNCTION = ("task=function", "task.function=on_nodes.train", "workers=1", "-m")
TRUST = {"RUNNER_TRUST": "on_nodes"}


def carried_by(engine: str, agents: int = 2) -> tuple[str, ...]:
    return (f"hydra/launcher={engine}", f"hydra.launcher.agents={agents}")


def began(cwd: Path) -> list[list[int]]:
    """For each run that began, its warm parent, its agent and its host, by its process."""
    found = {each.name.split("-")[1]: each.read_text() for each in cwd.glob("began-*")}
    return [list(map(int, each.split())) for each in found.values()]


def records_of(ended: Ended) -> list[RunRecord]:
    return [each.record for each in read_stored(ended.sweep)[0]]


# --- the same sweep


@pytest.fixture(scope="module")
def usual(tmp_path_factory) -> Ended:
    return run_cli(tmp_path_factory.mktemp("usual"), *GRID)


GRID = ("seed=fixed,random", "train.epochs=1", "workers=1", "replicates=4", "-m")


@engines
def test_a_grid_has_the_same_verdicts_and_bits_on_agents(engine, usual, tmp_path):
    ended = run_cli(tmp_path, *carried_by(engine), *GRID)
    assert ended.status == 0, ended.err
    rows = ended.rows("seed")
    assert rows["fixed"]["verdict"] == "repeatable"
    assert rows["random"]["verdict"] == "seed-driven"
    assert rows["random"]["replay"] == "same"
    runs, usual_runs = ended.results.runs, usual.results.runs
    fixed = set(runs.loc[runs["seed"] == "fixed", "digest"])
    assert fixed == set(usual_runs.loc[usual_runs["seed"] == "fixed", "digest"])
    records = records_of(ended)
    assert len({each.warm_parent for each in records}) == 4  # two on each of two agents
    assert len({each.hash_seed for each in records}) == 4
    parents = {each.job: each.warm_parent for each in records}
    replays = [each for each in records if each.replay_of is not None]
    assert replays
    assert all(parents[each.replay_of] != each.warm_parent for each in replays)
    threads = {each.environment["intra_op_threads"] for each in records}
    assert threads == {each.environment["intra_op_threads"] for each in records_of(usual)}
    assert not (ended.sweep / FOLDER).exists()


def test_an_interrupted_training_goes_on_under_another_parent(tmp_path):
    ended = run_cli(
        tmp_path, *carried_by("joblib"), "seed=fixed", "train.epochs=2", "shuffle=off",
        "resumes=[1]", "replicates=2", "workers=1", "-m",
    )  # fmt: skip
    assert ended.status == 0, ended.err
    assert list(ended.results.table["resume"]) == ["same"]


@engines
def test_runs_that_end_badly_are_rows_with_reasons(engine, tmp_path):
    ended = run_cli(
        tmp_path, *carried_by(engine), "task=function", "task.function=dying.train",
        "+task.params.end=none,kill,exit,hang,memory", "replicates=2", "workers=1",
        "timeout_s=8", f"memory_limit_bytes={3 * 10**8}", "-m", RUNNER_TRUST="dying",
    )  # fmt: skip
    assert ended.status == 1
    assert "Traceback" not in ended.err
    found = ended.results.runs.groupby("task.params.end")["error"].apply(list)
    assert ended.rows("task.params.end")["none"]["runs"] == 2
    assert found["kill"] == ["killed by SIGKILL"] * 2
    assert found["exit"] == ["left by os._exit(3)"] * 2
    assert found["hang"] == ["no answer after 8 s (timeout_s)"] * 2
    assert found["memory"] == ["used more than 300000000 bytes (memory_limit_bytes)"] * 2


# --- trust and secrets


@engines
def test_a_trusted_module_of_the_current_directory_is_found_by_agents(engine, tmp_path):
    source = (APPS / "on_nodes.py").read_text()
    (tmp_path / "here_only.py").write_text(source)
    ended = run_cli(
        tmp_path, *carried_by(engine), "task=function", "task.function=here_only.train",
        "+task.params.do=nothing", "replicates=2", "--trust=here_only", "-m", RUNNER_TRUST="",
    )  # fmt: skip
    assert ended.status == 0, ended.err
    assert len(began(tmp_path)) == 2


def test_without_trust_no_agent_is_asked_for(tmp_path):
    ended = run_cli(
        tmp_path, *carried_by("joblib"), *FUNCTION, "+task.params.do=nothing", RUNNER_TRUST=""
    )
    assert ended.status == 2
    assert ended.err.startswith("task.function: ")
    assert began(tmp_path) == []


def test_a_config_file_cannot_choose_an_engine(tmp_path):
    (tmp_path / "my").mkdir()
    file = tmp_path / "my" / "far.yaml"
    file.write_text("defaults: [config, {override hydra/launcher: submitit_local}]\n")
    ended = run_cli(tmp_path, "seed=fixed", "--config-dir=my", "--config-name=far", "-m")
    assert ended.status == 2
    assert ended.err.startswith("hydra/launcher: cannot be set in a config file")


@engines
def test_secrets_are_concealed_in_all_that_agents_and_engines_leave(engine, tmp_path):
    secret = "open-sesame-4711"
    experiment = tmp_path / "my" / "experiment" / "secret.yaml"
    experiment.parent.mkdir(parents=True)
    experiment.write_text("# @package _global_\ntask: {params: {token: '${oc.env:TOKEN}'}}\n")
    ended = run_cli(
        tmp_path, *carried_by(engine, 1), *FUNCTION, "+task.params.do=tell", "experiment=secret",
        "--config-dir=my", "replicates=1", TOKEN=secret, **TRUST,
    )  # fmt: skip
    assert ended.status == 1
    assert secret not in ended.out + ended.err
    (error,) = ended.results.runs["error"]
    assert error == "ValueError: ${oc.env:TOKEN} is wrong"
    holding = [
        each.name
        for each in ended.sweep.rglob("*")
        if each.is_file() and secret.encode() in each.read_bytes()
    ]
    assert holding == ["run.log"]  # what a run prints is its own


# --- what dies


@contextmanager
def sweeping(cwd: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A sweep that goes on meanwhile."""
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", *sorted(arguments, key=lambda each: each == "-m")],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(APPS), **TRUST},
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_runs(cwd: Path, number: int) -> None:
    wait_until(lambda: sum(len(each) == 3 for each in began(cwd)) >= number, timeout_s=60)


WAITING = (*FUNCTION, "+task.params.do=wait", "replicates=4")


@engines
@pytest.mark.parametrize("killed", ["agent", "host"])
def test_the_runs_of_a_lost_agent_are_made_again_and_none_is_lost_or_counted_twice(
    engine, killed, tmp_path
):
    with sweeping(tmp_path, *carried_by(engine), *WAITING) as process:
        wait_for_runs(tmp_path, 2)
        _, agent, host = began(tmp_path)[0]
        os.kill(agent if killed == "agent" else host, signal.SIGKILL)
        wait_for_runs(tmp_path, 3)
        (tmp_path / "go").touch()
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "was lost" in err
    ended = Ended(process.returncode, out, err, tmp_path)
    runs = ended.results.runs
    assert list(runs["status"]) == ["ok"] * 4
    assert ended.results.problems == []
    assert Counter(each.job for each in records_of(ended)) == Counter(range(4))
    assert len(began(tmp_path)) == 5
    wait_until(lambda: all(gone(pid) for run in began(tmp_path) for pid in run))


@engines
def test_a_run_that_kills_its_agent_again_and_again_is_given_up_and_no_other(engine, tmp_path):
    ended = run_cli(
        tmp_path, *carried_by(engine), *FUNCTION, "+task.params.do=kill_agent,nothing",
        "replicates=2", **TRUST,
    )  # fmt: skip
    assert ended.status == 1
    assert "Traceback" not in ended.err
    rows = ended.rows("task.params.do")
    assert (rows["nothing"]["runs"], rows["nothing"]["failed"]) == (2, 0)
    assert (rows["kill_agent"]["runs"], rows["kill_agent"]["failed"]) == (0, 2)
    errors = ended.results.runs["error"].dropna()
    assert all(" was lost 3 times during it, last: " in each for each in errors)


@engines
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_sweep_that_is_ended_leaves_no_process_and_goes_on_later(engine, number, tmp_path):
    with sweeping(tmp_path, *carried_by(engine), *WAITING) as process:
        wait_for_runs(tmp_path, 2)
        pids = {each.pid for each in psutil.Process(process.pid).children(recursive=True)}
        pids |= {pid for run in began(tmp_path) for pid in run}
        if number is signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does
        else:
            process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode in (130, 143, -signal.SIGKILL)
    assert "Traceback" not in err
    wait_until(lambda: all(map(gone, pids)), timeout_s=30)
    (tmp_path / "go").touch()
    (sweep,) = (tmp_path / "outputs").glob("*/*")
    arguments = ("resume", str(sweep.relative_to(tmp_path)))
    refused = run_cli(tmp_path, *arguments, keep_order=True, **TRUST)
    assert refused.status == 2
    assert " and must be typed again. " in refused.err
    ended = run_cli(tmp_path, *arguments, *carried_by(engine), keep_order=True, **TRUST)
    assert ended.status == 0, ended.err
    assert Counter(each.job for each in records_of(ended)) == Counter(range(4))


def test_what_was_begun_on_agents_is_finished_without_them(tmp_path):
    with sweeping(tmp_path, *carried_by("joblib"), *WAITING) as process:
        wait_for_runs(tmp_path, 2)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    (tmp_path / "go").touch()
    (sweep,) = (tmp_path / "outputs").glob("*/*")
    where = str(sweep.relative_to(tmp_path))
    ended = run_cli(tmp_path, "resume", where, "hydra/launcher=runner", keep_order=True, **TRUST)
    assert ended.status == 0, ended.err
    assert list(ended.results.runs["status"]) == ["ok"] * 4


# --- what was typed wrong


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (("hydra/launcher=jobli",), "hydra/launcher: must be one of basic, joblib, ray, runner,"),
        (carried_by("joblib", 0), "hydra.launcher.agents: must be at least 1. Received: 0"),
        (
            ("hydra/launcher=joblib", "+hydra.launcher.options.x=1"),
            "hydra.launcher.options: has no options for joblib. Received: {'x': 1}",
        ),
        (
            ("hydra/launcher=submitit_local", "+hydra.launcher.options.partition=long"),
            "hydra.launcher.options: are not what submitit knows: Setting 'partition' is",
        ),
        (
            ("hydra/launcher=submitit_local", "+hydra.launcher.options.timeout_min=long"),
            "hydra.launcher.options: are not what submitit knows: ",
        ),
    ],
)
def test_what_is_wrong_with_an_engine_is_one_line(typed, line, tmp_path):
    ended = run_cli(tmp_path, *typed, "seed=fixed", "-m")
    assert ended.status == 2
    (told,) = ended.err.splitlines()
    assert told.startswith(line)


def test_without_slurm_its_launcher_says_so(tmp_path):
    ended = run_cli(tmp_path, "hydra/launcher=submitit_slurm", "-m", PATH="/nowhere")
    assert ended.status == 2
    (told,) = ended.err.splitlines()
    assert told.startswith("hydra/launcher: needs Slurm's command sbatch, which is not here.")


APP = """
import hydra, os

@hydra.main(version_base="1.3", config_path=None)
def main(cfg):
    if cfg.x == 2:
        raise ValueError("x is 2")
    print("x is", cfg.x, flush=True)

if __name__ == "__main__":
    main()
"""


@engines
def test_another_application_runs_on_agents(engine, tmp_path):
    (tmp_path / "app.py").write_text(APP)
    done = subprocess.run(
        [
            *(sys.executable, "app.py", "+x=1,2,3", "hydra/sweeper=runner"),
            *(f"hydra/launcher={engine}", "hydra.launcher.workers=1", "-m"),
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "3 jobs: 2 ok, 1 failed" in done.stdout
    assert "Traceback" not in done.stderr
    (reason,) = tmp_path.glob("multirun/*/*/1/error.txt")
    assert reason.read_text().endswith("ValueError: x is 2\n")


THEIRS = """
from dataclasses import dataclass
from hydra.core.config_store import ConfigStore

@dataclass
class Theirs:
    _target_: str = "hydra_plugins.hydra_joblib_launcher.Theirs"

ConfigStore.instance().store(group="hydra/launcher", name="joblib", node=Theirs, provider="x")
"""


@pytest.mark.parametrize("theirs", [True, False])
def test_the_names_mean_ours_here_and_theirs_in_applications_that_have_them(theirs, tmp_path):
    if theirs:
        package = tmp_path / "installed" / "hydra_plugins" / "hydra_joblib_launcher"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(THEIRS)
    (tmp_path / "app.py").write_text(APP)
    targets = []
    for program in (["-m", "runner"], ["app.py"]):
        done = subprocess.run(
            [sys.executable, *program, "hydra/launcher=joblib", "--cfg", "hydra"],
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
            env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        (target,) = re.findall(r"  launcher:(?:\n    .*)*?\n    _target_: (\S+)", done.stdout)
        targets.append(target)
    ours = "hydra_plugins.runner_engines.EngineLauncher"
    assert targets == [ours, "hydra_plugins.hydra_joblib_launcher.Theirs" if theirs else ours]
