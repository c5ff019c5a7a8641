"""What runs leave in any directory ends no sweep, and nothing of the sweep's own stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from conftest import APPS, run_cli
from watching import watch

import runner
from runner.processes.private_directory import remove_tree

pytestmark = pytest.mark.slow

LEAVING = ("task=function", "task.function=leaving.train", "builds=1")
FINE = ("nothing", "everything", "no_temporary", "record_is_pipe", "pipe_of_code", "deep_tree")
ODD = {
    "record_is_directory": "IsADirectoryError",
    "outputs_is_directory": "IsADirectoryError",
    "pipe_and_dies": "left by os._exit(3)",
}
"""Why such runs fail; the beginning."""


@pytest.mark.parametrize("isolation", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_nothing_that_a_run_leaves_ends_a_sweep(tmp_path, isolation):
    try:
        watched = watch(
            tmp_path / "work", *LEAVING, f"+task.params.leave={','.join([*FINE, *ODD])}",
            f"isolation={isolation}", "replicates=1", "replays=0", "workers=1", "-m",
        )  # fmt: skip
        ended = watched.ended
        assert ended.status == 1
        assert "Traceback" not in ended.out + ended.err
        assert f"{len(ODD)} of {len(FINE) + len(ODD)} runs failed" in ended.err.splitlines()
        results = ended.results
        assert results.problems == []
        errors = results.runs.set_index("task.params.leave")["error"]
        assert errors[list(FINE)].isna().all()
        assert {k: errors[k].partition(": ")[0] for k in ODD} == ODD
        assert watched.temporary == []
        assert watched.left == []
        shown = run_cli(ended.cwd, "report", str(ended.sweep))
        assert "Traceback" not in shown.err
        resumed = run_cli(ended.cwd, "resume", str(ended.sweep), "--accept-change")
        assert f"{len(FINE)} of {len(FINE) + len(ODD)} runs were done already" in resumed.err
        assert "Traceback" not in resumed.err
    finally:
        remove_tree(str(tmp_path / "work"))  # pytest could not


def test_a_pipe_that_is_called_like_a_record_is_told(cli):
    ended = cli(
        *LEAVING, "+task.params.leave=record_elsewhere_is_pipe", "replicates=1", "replays=0", "-m",
        timeout=120,
    )  # fmt: skip
    assert (ended.status, ended.results.runs["status"].tolist()) == (1, ["ok"])
    assert "further/record.json: cannot be read as a record" in " ".join(ended.out.split())


@pytest.mark.parametrize(
    "leave",
    [
        "everything",
        pytest.param("record_is_directory", marks=pytest.mark.slow),
        pytest.param("pipe_and_dies", marks=pytest.mark.slow),
    ],
)
def test_a_single_run_may_leave_it_too(tmp_path, leave):
    watched = watch(tmp_path / "work", *LEAVING, f"+task.params.leave={leave}")
    ended = watched.ended
    assert ended.status == (leave in ODD)
    assert "Traceback" not in ended.out + ended.err
    assert len(ended.err.splitlines()) == ended.status
    assert watched.temporary == []


@pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root may write everywhere"
)
def test_a_run_that_closes_its_directory_is_a_row(tmp_path):
    bare = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*bare, sys.executable, "-m", "runner", *LEAVING, "replicates=1", "replays=0",
         "+task.params.leave=directory_is_closed,nothing", "-m"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(APPS)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    (sweep,) = (tmp_path / "outputs").glob("*/*")
    runs = runner.load(sweep).runs.set_index("task.params.leave")
    assert runs["status"].to_dict() == {"directory_is_closed": "failed", "nothing": "ok"}
    assert runs["error"]["directory_is_closed"].startswith("PermissionError")
    for each in sweep.iterdir():
        if each.is_dir():
            each.chmod(0o700)
