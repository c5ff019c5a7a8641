"""The sweeper and the launcher as Hydra's: its own suites, and what they promise to any app."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import cloudpickle
import pytest
from hydra.core.hydra_config import HydraConfig
from hydra.test_utils.launcher_common_tests import (
    BatchedSweeperTestSuite,
    IntegrationTestSuite,
    LauncherTestSuite,
)
from hydra.version import VersionBase
from omegaconf import OmegaConf

from runner.errors import ConfigError, WorkerError

# Tasks are sent as code: a worker that imported this file would import pytest with it.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("hydra_restore_singletons", "no_version_base", "restore_logging"),
    # Hydra's suites do not say which version they are written for, and Hydra warns of that.
    pytest.mark.filterwarnings(
        "ignore:Future Hydra versions will no longer change working directory:UserWarning"
    ),
]

OUR_LAUNCHER = ("hydra/launcher=runner", "hydra.launcher.isolation=fork")
OUR_SWEEPER = "hydra/sweeper=runner"
APP = """
import hydra

@hydra.main(version_base="1.3", config_path=".", config_name="app")
def main(cfg):
    if cfg.a == 2:
        raise ValueError("a is 2")
    print("a is", cfg.a, "and b is", cfg.b, flush=True)

main()
"""
APP_CONFIG = """
a: 0
b: 0
hydra:
  sweep:
    dir: swept/${a}
  sweeper:
    params:
      a: 1,2,3
      b: "4"
"""


@pytest.fixture
def no_version_base(hydra_restore_singletons):
    """Forget the version that another test named; Hydra's suites are written for none."""
    fresh = object.__new__(VersionBase)
    fresh.__init__()
    VersionBase.set_instance(fresh)


@pytest.fixture
def restore_logging():
    """Undo what Hydra does to the root logger."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


SLOW = [pytest.mark.slow]


def suites(*combinations):
    """Parametrize one of Hydra's suites: launcher, isolation, sweeper."""
    cases = []
    for launcher, isolation, sweeper, *more in combinations:
        overrides = [f"hydra/sweeper={sweeper}", *more]
        if launcher == "runner":
            overrides.append(f"hydra.launcher.isolation={isolation}")
        name = f"{launcher}-{isolation}-{sweeper}"
        # What matters most is both of ours together.
        marks = [] if (launcher, isolation, sweeper) == ("runner", "fork", "runner") else SLOW
        cases.append(pytest.param(launcher, overrides, id=name, marks=marks))
    return cases


@pytest.mark.parametrize(
    ("launcher_name", "overrides"),
    suites(
        ("runner", "fork", "basic"),
        ("runner", "fork", "runner"),
        ("runner", "spawn", "runner"),
        ("basic", "none", "runner"),
    ),
)
class TestLauncher(LauncherTestSuite):
    """Hydra's suite for launchers."""


@pytest.mark.parametrize(
    ("launcher_name", "overrides"),
    suites(
        ("runner", "fork", "basic", "hydra.sweeper.max_batch_size=2"),
        ("runner", "fork", "runner", "hydra.sweeper.max_batch_size=2"),
        ("basic", "none", "runner", "hydra.sweeper.max_batch_size=2"),
    ),
)
class TestBatches(BatchedSweeperTestSuite):
    """Hydra's suite for sweepers that hand out batches."""


@pytest.mark.parametrize("task_launcher_cfg", [{}])
@pytest.mark.parametrize(
    "extra_flags",
    [
        pytest.param(["-m", *OUR_LAUNCHER], id="runner-basic", marks=SLOW),
        pytest.param(["-m", *OUR_LAUNCHER, OUR_SWEEPER], id="runner-runner"),
        pytest.param(["-m", OUR_SWEEPER], id="basic-runner", marks=SLOW),
    ],
)
class TestIntegration(IntegrationTestSuite):
    """Hydra's suite of small applications."""


def test_hydra_discovers_the_plugins_and_imports_nothing_slow():
    code = """if True:
        import json, sys
        from hydra.core.plugins import Plugins
        from hydra.plugins.launcher import Launcher
        from hydra.plugins.sweeper import Sweeper
        plugins = Plugins.instance()
        found = [c.__name__ for kind in (Launcher, Sweeper) for c in plugins.discover(kind)]
        print(json.dumps([found, sorted({name.partition(".")[0] for name in sys.modules})]))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found, imported = json.loads(done.stdout)
    assert {"RunnerLauncher", "RunnerSweeper"} <= set(found)
    assert not {"runner", "numpy", "pandas", "rich", "keras", "tensorflow"} & set(imported)
    assert done.stderr == ""


@pytest.fixture
def sweep(hydra_sweep_runner, tmp_path):
    """Sweep an application that has no schema of ours; its config is {foo: 10, bar: 100}."""

    def run(*overrides, task=None, directory="sweep"):
        started = hydra_sweep_runner(
            calling_file=None,
            calling_module="hydra.test_utils.a_module",
            task_function=task,
            config_path="configs",
            config_name="compose",
            overrides=["hydra.job.chdir=false", *overrides],
            temp_dir=tmp_path / directory,
        )
        return started.__enter__().returns  # leaving it would remove the directory

    return run


launchers = pytest.mark.parametrize("launcher", [OUR_LAUNCHER, ()], ids=["runner", "basic"])


def flat(batches):
    return [returned for batch in batches for returned in batch]


def subdirectories(path):
    return sorted(each.name for each in path.iterdir() if each.is_dir())


@launchers
def test_replicates_run_each_configuration_that_often_and_interleaved(sweep, tmp_path, launcher):
    (jobs,) = sweep(*launcher, OUR_SWEEPER, "hydra.sweeper.replicates=3", "bar=1,2")
    expected = [(bar, replicate) for replicate in range(3) for bar in (1, 2)]
    assert [(job.cfg.bar, job.cfg.replicate) for job in jobs] == expected
    assert [list(job.overrides) for job in jobs] == [
        [f"bar={bar}", f"++replicate={replicate}"] for bar, replicate in expected
    ]
    assert subdirectories(tmp_path / "sweep") == list("012345")


@launchers
def test_batches_cut_through_replicates_and_number_on(sweep, tmp_path, launcher):
    batches = sweep(
        *launcher,
        OUR_SWEEPER,
        "hydra.sweeper.replicates=3",
        "hydra.sweeper.max_batch_size=4",
        "bar=1,2",
    )
    assert [len(batch) for batch in batches] == [4, 2]
    assert [job.cfg.replicate for job in flat(batches)] == [0, 0, 1, 1, 2, 2]
    assert [job.hydra_cfg.hydra.job.num for job in flat(batches)] == list(range(6))
    assert subdirectories(tmp_path / "sweep") == list("012345")


@pytest.mark.parametrize(
    "overrides",
    [
        ["+a='it\\'s'", '+b="${foo}"', "+c=null,{k:[2,'3']}"],
        ["bar=range(1,3)", "group1=glob(*)"],
        ["+a=1", "~a"],
        # Keys that a config of ours keeps to itself.
        ["+workers=1,2", "+compare.rtol=3,4", "+replicate=5"],
        ["hydra.sweep.subdir=${hydra.job.override_dirname}", "bar=1,2", "+a='b=c'"],
        ["hydra.sweep.subdir='${hydra:job.num}-${bar}'", "bar=1,2"],
        ["hydra.sweep.subdir=.", "bar=1,2"],
    ],
    ids=lambda overrides: " ".join(overrides),
)
def test_a_plain_sweep_is_what_hydras_own_makes_of_it(sweep, tmp_path, overrides):
    made = {}
    for name, plugins in {
        "hydra": (),
        "sweeper": (OUR_SWEEPER,),
        "both": (OUR_SWEEPER, *OUR_LAUNCHER),
    }.items():
        (jobs,) = sweep(*plugins, *overrides, directory=name)
        told = [OmegaConf.to_container(job.hydra_cfg.hydra, resolve=False) for job in jobs]
        made[name] = (
            [(job.cfg, job.overrides) for job in jobs],
            [(hydra["job"], hydra["overrides"]["task"]) for hydra in told],
            subdirectories(tmp_path / name),
        )
    assert made["sweeper"] == made["hydra"]
    assert made["both"] == made["hydra"]


def test_values_arrive_as_they_were_typed(sweep):
    quoted, lists = '+a="x y","z,w"', "+b=[1,2],[3]"
    (jobs,) = sweep(*OUR_LAUNCHER, OUR_SWEEPER, quoted, lists, "+c={k:1}", task=dict)
    assert [(job.return_value["a"], job.return_value["b"]) for job in jobs] == [
        ("x y", [1, 2]),
        ("x y", [3]),
        ("z,w", [1, 2]),
        ("z,w", [3]),
    ]
    assert jobs[0].return_value["c"] == {"k": 1}


@launchers
@pytest.mark.parametrize("excluded", ["", "replicate"])
def test_replicates_have_directories_of_their_own(sweep, tmp_path, launcher, excluded):
    overrides = (
        *launcher,
        OUR_SWEEPER,
        "hydra.sweeper.replicates=2",
        "hydra.sweep.subdir=${hydra.job.override_dirname}",
        f"hydra.job.config.override_dirname.exclude_keys=[{excluded}]",
        "bar=1,2",
    )
    if excluded:
        with pytest.raises(ConfigError, match=r"^hydra.sweep.subdir: .* bar=1 for runs 0 and 2\."):
            sweep(*overrides)
        assert list((tmp_path / "sweep").iterdir()) == []
        return
    sweep(*overrides)
    assert subdirectories(tmp_path / "sweep") == [
        "++replicate=0,bar=1",
        "++replicate=0,bar=2",
        "++replicate=1,bar=1",
        "++replicate=1,bar=2",
    ]


class OddError(Exception):
    """Pickles, and then cannot be rebuilt."""

    def __init__(self, one, two):
        super().__init__(f"{one} {two}")


def end(cfg):
    """Leave a file behind, or end in the way that the config says."""
    if cfg.end == "raise":
        raise ValueError("what it raised")
    if cfg.end == "odd":
        raise OddError("these", "words")
    if cfg.end == "exit":
        sys.exit(3)
    if cfg.end == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    Path(HydraConfig.get().runtime.output_dir, "done").touch()


@pytest.mark.parametrize(
    ("launcher", "ending", "error", "text"),
    [
        (OUR_LAUNCHER, "raise", ValueError, "^what it raised$"),
        (OUR_LAUNCHER, "odd", RuntimeError, "^OddError: these words$"),
        (OUR_LAUNCHER, "exit", WorkerError, r"^called sys.exit\(3\)$"),
        (OUR_LAUNCHER, "kill", WorkerError, "^killed by SIGKILL$"),
        ((), "raise", ValueError, "^what it raised$"),
    ],
    ids=["raise", "odd", "exit", "kill", "basic-raise"],
)
def test_other_jobs_run_on_and_the_error_comes_last(
    sweep, tmp_path, capfd, launcher, ending, error, text
):
    batches = "hydra.sweeper.max_batch_size=2"
    with pytest.raises(error, match=text):
        sweep(*launcher, OUR_SWEEPER, batches, f"+end=fine,{ending},good", task=end)
    assert sorted((tmp_path / "sweep").glob("*/done")) == [
        tmp_path / "sweep" / number / "done" for number in "02"
    ]
    if launcher and ending in ("raise", "odd"):
        # The exception that comes back has lost where it was raised.
        assert ", in end\n" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("hydra.sweeper.max_batch_size=0", "hydra.sweeper.max_batch_size: must be at least 1"),
        ("hydra.sweeper.max_batch_size=-1", "hydra.sweeper.max_batch_size: must be at least 1"),
        ("hydra.sweeper.replicates=0", "hydra.sweeper.replicates: must be at least 1"),
        ("hydra.launcher.workers=0", "hydra.launcher.workers: must be greater than 0"),
        ("hydra.launcher.timeout_s=-1", "hydra.launcher.timeout_s: must be greater than 0"),
        ("hydra.launcher.isolation=frok", "Received: frok. Did you mean 'fork'?"),
        ("group1=glob(x*)", "group1: there is no such value. Received: glob(x*)"),
        ("bar=interval(1,2)", "bar: must be a list, range or glob"),
    ],
)
def test_impossible_settings_are_refused(sweep, override, message):
    with pytest.raises(ConfigError) as caught:
        sweep("hydra/launcher=runner", OUR_SWEEPER, override)
    assert message in str(caught.value)


@pytest.mark.parametrize("launcher", ["basic", "runner"])
def test_an_application_on_the_command_line(tmp_path, launcher):
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "app.yaml").write_text(APP_CONFIG)
    plugins = [f"hydra/launcher={launcher}", OUR_SWEEPER]
    done = subprocess.run(
        [sys.executable, "-W", "error", "app.py", "-m", *plugins, "b=5"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    printed = {line for line in done.stdout.splitlines() if line.startswith("a is")}
    assert printed == {"a is 1 and b is 5", "a is 3 and b is 5"}, done.stderr
    assert ": ValueError: a is 2\n" in done.stderr
    # The traceback is with the job, not on the screen.
    assert "Traceback" not in done.stderr + done.stdout
    assert "\nValueError: a is 2\n" in (tmp_path / "swept" / "2" / "1" / "app.log").read_text()
    # Hydra lets a job's config say where the job goes, the sweep's directory included.
    found = {str(path.parent.relative_to(tmp_path)) for path in tmp_path.glob("swept/*/*/.hydra")}
    assert found == {"swept/1/0", "swept/2/1", "swept/3/2"}
