"""`runner.run` and `runner.audit`: real sweeps that are started by a call."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from conftest import APPS, run_cli

import runner
from runner.analysis.results import collate
from runner.errors import ConfigError, WorkerError

FUNCTION = ["task=function", "task.function=own_training.with_global_numpy"]
"""Trains nothing, and draws from NumPy's global generator."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A directory in which `runner` finds the modules of tests/apps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(APPS))
        patch.chdir(tmp_path_factory.mktemp("calls"))
        yield os.getcwd()


def python(place, program, **environment):
    """Run a program in an interpreter of its own, and return what it prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True, text=True, check=False, cwd=place, timeout=300,
        env={**os.environ, "PYTHONPATH": str(APPS), **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def swept(place):
    return runner.run(
        [*FUNCTION, "seed=unset,fixed,random"], directory="called", trust=["own_training"],
        replicates=3, builds=1, progress=False,
    )  # fmt: skip


@pytest.mark.slow
def test_a_call_gives_what_the_command_line_gives(place, swept):
    assert swept.failure is None
    verdicts = {seed: str(swept.verdict(seed=seed)) for seed in ("unset", "fixed", "random")}
    assert verdicts == {"unset": "uncontrolled", "fixed": "repeatable", "random": "seed-driven"}
    ended = run_cli(
        swept.directory.parent, *FUNCTION, "seed=unset,fixed,random", "replicates=3", "builds=1",
        "hydra.sweep.dir=typed", "-m",
    )  # fmt: skip
    typed = collate(ended.cwd / "typed")
    same = ["seed", "configuration", "verdict", "runs", "across_runs", "replay"]
    assert typed.table[same].equals(swept.table[same])
    assert (swept.directory / "table.csv").is_file()


def test_a_stored_sweep_is_loaded_as_it_was_returned(swept):
    loaded = runner.load(swept.directory)
    assert loaded.table.equals(swept.table)
    assert repr(loaded) == repr(swept)


@pytest.mark.slow
def test_a_taken_directory_gets_a_number(place, swept):
    again = runner.run(
        FUNCTION, directory="called", trust=["own_training"], replicates=2, replays=0, builds=1,
        progress=False,
    )  # fmt: skip
    assert (swept.directory.name, again.directory.name) == ("called", "called_1")


@pytest.mark.parametrize(
    ("overrides", "options"),
    [
        (["seed=fixd"], {}),
        (["seed=fixed"], {"replicats": 3}),
        pytest.param(["model=none_such"], {}, marks=pytest.mark.slow),
        pytest.param(["task=function", "task.function=json.dumps"], {}, marks=pytest.mark.slow),
    ],
)
def test_an_error_is_the_line_of_the_command_line(place, tmp_path, overrides, options):
    typed = [*overrides, *(f"{key}={value}" for key, value in options.items())]
    untrusting = {"RUNNER_TRUST": ""}
    ended = run_cli(tmp_path, *typed, "-m", **untrusting)
    assert ended.status == 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNNER_TRUST", "")
        with pytest.raises(ConfigError) as raised:
            runner.run(overrides, **options)
    assert str(raised.value) == ended.err.strip()
    assert raised.value.key in ended.err


@pytest.mark.slow
def test_a_worker_that_cannot_start_is_raised(place):
    with pytest.raises(WorkerError, match="no_such_module"):
        runner.run(
            FUNCTION, trust=["own_training", "no_such_module"], replicates=2, progress=False,
            **{"task.preload": ["no_such_module"]},
        )  # fmt: skip


@pytest.mark.slow
def test_runs_that_fail_are_results_and_no_error(place, capsys):
    results = runner.audit(lambda: 1 / 0, replicates=2)
    assert results.failure == "2 of 2 runs failed"
    assert results.verdict() == "failed"
    assert "ZeroDivisionError: division by zero" in results.explain()
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("failed: ") == 2
    assert printed.err.count("ZeroDivisionError") == 1
    assert "2 of 2 runs" in printed.err


STATE = """
    import asyncio, json, os, signal, sys, threading
    import numpy as np
    import runner

    def state():
        import hydra.core.global_hydra
        import hydra._internal.hydra
        from omegaconf import OmegaConf
        return [
            dict(os.environ), os.getcwd(), list(sys.argv), list(sys.path), list(sys.meta_path),
            [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)],
            hydra.core.global_hydra.GlobalHydra().is_initialized(),
            hydra._internal.hydra.ConfigLoaderImpl, OmegaConf.has_resolver("hydra"),
        ]

    rng_state = np.random.get_state()[1].tolist()
    before = state()
    found = {}

    def audit(name, function, **options):
        found[name] = runner.audit(function, replicates=2, builds=1, progress=False, **options)

    class Model:
        scale = 2.0
        def predict(self):
            return np.random.normal(size=3) * self.scale

    async def inside_a_loop():
        audit("loop", lambda: Model().predict(), seed="fixed")

    threads = [
        threading.Thread(target=audit, args=("one", lambda: np.arange(3.0))),
        threading.Thread(target=audit, args=("other", Model().predict)),
    ]
    for each in threads:
        each.start()
    asyncio.run(inside_a_loop())
    for each in threads:
        each.join()
    assert state() == before
    assert np.random.get_state()[1].tolist() == rng_state
    assert not [each for each in sys.modules if each.startswith("tensorflow")]
    assert len({each.directory for each in found.values()}) == 3
    assert threading.active_count() == 1
    print(json.dumps({name: str(each.verdict()) for name, each in sorted(found.items())}))
"""


@pytest.mark.slow
def test_threads_and_loops_get_their_own_sweeps_and_nothing_is_left_behind(tmp_path):
    verdicts = python(tmp_path, STATE)
    assert verdicts == {"loop": "repeatable", "one": "repeatable", "other": "uncontrolled"}
    assert not list(tmp_path.glob("*.pickle"))


@pytest.mark.slow
def test_a_script_needs_no_guard_of_its_main_part(tmp_path):
    """Children do not execute the script once more."""
    (tmp_path / "plain.py").write_text(
        "import runner\n"
        "print('started')\n"
        "def train(x, seeds):\n"
        "    import numpy as np\n"
        "    return np.random.default_rng(seeds['value']).normal(size=len(x))\n"
        "results = runner.audit(train, [1, 2, 3], seed='random', replicates=2, progress=False)\n"
        "print(results.verdict(), results.outputs[results.table.configuration[0]].shape)\n"
    )
    done = subprocess.run(
        [sys.executable, "plain.py"],
        capture_output=True, text=True, check=False, cwd=tmp_path, timeout=200,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["started", "seed-driven (2, 2, 1, 3, 1)"], done.stderr


INTERRUPTED = """
    import time, runner
    def slow():
        time.sleep(1.0)
        return 1.0
    runner.audit(slow, replicates=60, builds=1, workers=1, directory="kept", progress=True)
"""


@pytest.mark.slow
def test_ctrl_c_saves_what_is_done_and_ends_every_process(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(INTERRUPTED)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 100
    while len(list((tmp_path / "kept").glob("*/record.json"))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in out
    kept = runner.load(tmp_path / "kept")
    assert 2 <= len(kept.runs) < 60
    assert (tmp_path / "kept" / "table.csv").is_file()
    assert kept.failure == f"{60 - len(kept.runs)} of 60 runs left no record"
    made = len(kept.runs)
    time.sleep(2.5)
    assert len(list((tmp_path / "kept").glob("*/record.json"))) == made


@pytest.mark.slow
def test_a_sweep_ends_with_the_program_that_started_it(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(INTERRUPTED)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path,
    )  # fmt: skip
    deadline = time.monotonic() + 100
    while len(list((tmp_path / "kept").glob("*/record.json"))) < 1:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    process.kill()
    process.wait()
    records = -1
    while (now := len(list((tmp_path / "kept").glob("*/record.json")))) != records:
        assert time.monotonic() < deadline
        records = now
        time.sleep(4)
    assert records < 60
