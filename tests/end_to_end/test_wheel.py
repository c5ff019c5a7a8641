"""A wheel, not an editable checkout, run in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_wheel_runs_in_an_empty_folder(tmp_path):
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w"]
    subprocess.run([*build, str(tmp_path), str(ROOT)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "runner/conf/config.yaml" in names
    assert "runner/py.typed" in names
    assert "hydra_plugins/runner_plugins.py" in names
    assert {name.partition("/")[0] for name in names if "dist-info" not in name} == {
        "runner",
        "hydra_plugins",
    }
    installed, empty = tmp_path / "installed", tmp_path / "empty"
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target"]
    subprocess.run([*install, str(installed), str(wheel)], check=True, capture_output=True)
    empty.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "runner", "data=article", "model=linear", "replicates=2", "-m"],
        cwd=empty,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "repeatable" in done.stdout
    shown = subprocess.run(
        [sys.executable, "-c", "import runner; print(runner.__file__)"],
        cwd=empty,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.startswith(str(installed))
