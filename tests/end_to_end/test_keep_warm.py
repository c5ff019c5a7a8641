"""Commands one after the other that share interpreters, through the command line."""

from __future__ import annotations

import shutil
import sys
import tempfile

import pytest
from conftest import run_cli

from runner.processes import keep_warm

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs are forked on Linux only")

GRID = ("seed=unset,fixed,random", "replicates=3", "builds=1", "model=linear", "-m")


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    """Three commands, of which the first two share interpreters, and the third trusts nobody."""
    work, runtime = tmp_path_factory.mktemp("kept"), tempfile.mkdtemp(dir="/tmp")
    kept = {"XDG_RUNTIME_DIR": runtime}
    yield [
        run_cli(work / "first", "--keep-warm", "5m", *GRID, keep_order=True, **kept),
        run_cli(work / "second", "--keep-warm=5m", *GRID, **kept),
        run_cli(work / "third", *GRID, **kept),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", runtime)
        keep_warm.end_all()
    shutil.rmtree(runtime)


@pytest.mark.slow
def test_the_verdicts_are_those_of_any_command(commands):
    for ended in commands:
        assert ended.status == 0
        verdicts = {key: row["verdict"] for key, row in ended.rows("seed").items()}
        assert verdicts == {
            "unset": "uncontrolled", "fixed": "repeatable", "random": "seed-driven"
        }  # fmt: skip


@pytest.mark.slow
def test_interpreters_are_shared_by_those_that_ask(commands):
    seeds = [set(ended.results.runs["hash_seed"]) for ended in commands]
    assert seeds[0] == seeds[1]
    assert len(seeds[0]) == 2
    assert not seeds[0] & seeds[2]


@pytest.mark.slow
def test_fixed_seeds_give_the_same_bits_in_all(commands):
    digests = set()
    for ended in commands:
        runs = ended.results.runs
        digests |= set(runs[runs["seed"] == "fixed"]["digest"])
    assert len(digests) == 1


@pytest.mark.slow
def test_unseeded_runs_differ_though_all_start_from_the_same_interpreter(commands):
    digests = []
    for ended in commands[:2]:
        runs = ended.results.runs
        digests += list(runs[runs["seed"] == "unset"]["digest"])
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("given", ["--keep-warm=soon", "--keep-warm=10"])
def test_what_is_no_time_is_one_line(given, forked_commands, tmp_path):
    ended = forked_commands.run(tmp_path, [given, "seed=fixed", "-m"])
    assert ended.returncode == 2
    value = given.partition("=")[2]
    assert ended.stderr == (
        f"--keep-warm: must be a time such as 90s, 10m or 1h. Received: {value}\n"
    )
    assert not list(tmp_path.iterdir())
