"""The extras of engines can be installed, each and all together, beside what the program needs."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NEEDED = [Requirement(each) for each in PROJECT["dependencies"]]
ENGINES = {"joblib": "joblib", "slurm": "submitit", "ray": "ray"}
"""Extra to the library that it installs."""

# They need the network, or an index of packages.
pytestmark = [pytest.mark.exhaustive, pytest.mark.process]


@pytest.mark.parametrize("extras", [*([each] for each in ENGINES), list(ENGINES)], ids="-".join)
def test_the_extras_of_engines_resolve_in_a_fresh_environment(extras, tmp_path):
    report = tmp_path / "report.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"),
            *("--quiet", "--report", str(report), f"{ROOT}[{','.join(extras)}]"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = {
        each["metadata"]["name"].lower(): each["metadata"]["version"]
        for each in json.loads(report.read_text())["install"]
    }
    assert {ENGINES[extra] for extra in extras} <= found.keys()
    for each in NEEDED:
        assert each.specifier.contains(found[each.name.lower()], prereleases=True), each
