"""What people who come from Hydra type first leads them to what they want, or is refused."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from conftest import APPS

pytestmark = pytest.mark.process

SWEPT = """\
# @package _global_
hydra:
  sweeper:
    params: {train.batch_size: "16,32"}
"""
LAUNCHED = """\
# @package _global_
hydra:
  launcher: {workers: 1}
"""


@pytest.fixture
def cli_with_experiments(tmp_path, cli):
    """The command line in a directory with two experiments that say something to Hydra."""
    experiments = tmp_path / "work" / "my" / "experiment"
    experiments.mkdir(parents=True)
    (experiments / "swept.yaml").write_text(SWEPT)
    (experiments / "launched.yaml").write_text(LAUNCHED)
    (experiments / "plain.yaml").write_text("# @package _global_\ntrain: {epochs: 1}\n")

    def run(*arguments: str):
        trust = {"RUNNER_TRUST": "hydra"}  # without it a file may not say how runs are launched
        return cli(*arguments, "dry_run=true", "--config-dir=my", "-m", **trust)

    return run


@pytest.mark.parametrize(
    ("chosen", "lost"),
    [
        ("plain,swept", "experiment=swept dry_run=True: brings hydra.sweeper.params,"),
        ("plain,launched", "experiment=launched dry_run=True: brings hydra.launcher.workers,"),
        ("glob(*)", "experiment="),
    ],
)
def test_a_swept_experiment_that_says_something_to_hydra_is_refused(
    cli_with_experiments, chosen, lost
):
    ended = cli_with_experiments(f"experiment={chosen}")
    assert ended.status == 2
    (line,) = ended.err.splitlines()
    assert line.startswith(lost)
    assert "which would be lost among several that are swept over. Run it by itself: " in line


def test_it_runs_by_itself_as_it_says(cli_with_experiments):
    ended = cli_with_experiments("experiment=swept")
    assert ended.status == 0, ended.err
    assert "2 configurations, 10 runs." in ended.out


def test_a_repeated_value_and_a_swept_seed_get_a_hint(cli):
    ended = cli("train.epochs=2,2,2", "seed.value=0,1", "dry_run=true", "-m")
    assert ended.out.splitlines()[:2] == [
        "train.epochs: a value that is given several times counts once. To repeat each"
        " configuration 3 times write replicates=3",
        "seed.value: each seed is a configuration of its own. For one row over 2 seeds write"
        " seed=random replicates=2",
    ]


def test_what_the_hints_say_is_one_row(cli):
    ended = cli("seed=random", "replicates=2", "replays=0", "dry_run=true", "-m")
    assert "1 configuration, 2 runs." in ended.out


@pytest.mark.parametrize("isolation", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_an_application_that_holds_what_cannot_be_pickled_runs(tmp_path, isolation):
    done = subprocess.run(
        [
            *(sys.executable, str(APPS / "unpicklable_app.py"), "+x=1,2"),
            *("hydra/sweeper=runner", "hydra/launcher=runner"),
            *(f"hydra.launcher.isolation={isolation}", "-m"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed, table, _ = done.stdout.partition("2 jobs: 2 ok\n")
    assert table
    # Two processes share the pipe: a line and the end of another's may change places.
    assert sorted(re.findall("x is [0-9]", printed)) == ["x is 1", "x is 2"]
    assert sorted(printed) == sorted("x is 1\nx is 2\n")  # and nothing else


DECORATED = """
import functools, threading
import hydra

LOCK = threading.Lock()

def twice(function):
    @functools.wraps(function)
    def call(cfg):
        function(cfg)
        function(cfg)
    return call

@hydra.main(version_base=None, config_path=".", config_name="app")
@twice
def main(cfg):
    with LOCK:
        print("called")
"""


def run_decorated(directory, ending):
    (directory / "app.py").write_text(DECORATED + ending)
    (directory / "app.yaml").write_text("x: 1")
    return subprocess.run(
        [sys.executable, "app.py", "hydra/sweeper=runner", "hydra/launcher=runner", "-m"],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_decorators_around_a_function_that_cannot_be_pickled_stay(tmp_path):
    done = run_decorated(tmp_path, "if __name__ == '__main__':\n    main()\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("called\ncalled\n1 job: 1 ok\n")


def test_a_script_that_would_start_its_sweep_again_is_told_what_to_write(tmp_path):
    done = run_decorated(tmp_path, "main()\n")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.endswith("must call its function only below if __name__ == '__main__':")
    assert len(list(tmp_path.glob("multirun/*/*"))) == 1  # no other sweep was begun
