"""Modules in the current directory: what is trusted is found, and nothing else."""

from __future__ import annotations

import pytest
from attacking import MARKER, PAYLOAD, start, write

OPTIONAL = ("PIL", "bottleneck", "brotli", "chardet", "jax", "numexpr", "torch")
"""What installed packages import where it is there."""

NAMESPACES = ("google", "hydra_plugins")
"""Of installed packages that share them, before which a module would come."""

SMALL = "data.units=10 model=linear train.epochs=0 builds=1 calls=1 replicates=2 replays=0 -m"

MINE = """
import importlib
import beside
import pandas as pd
def load():
    importlib.import_module("beside_it").digits
    pd.DataFrame({"a": [1.0]}).eval("a + 1")
    return beside.digits()
"""


@pytest.mark.parametrize("isolation", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_trust_in_a_module_here_is_no_trust_in_others(tmp_path, isolation):
    work = tmp_path / "work"
    beside = {f"{name}.py": "from runner.data import digits\n" for name in ("beside", "beside_it")}
    write(work, {f"{name}.py": PAYLOAD for name in (*OPTIONAL, *NAMESPACES)})
    write(work, {"mine.py": MINE, **beside})
    command = f"data.source._target_=mine.load isolation={isolation} {SMALL} --trust mine"
    answer = start(work, command)
    assert answer.status == 0, answer.err
    assert MARKER not in answer.made


@pytest.mark.parametrize("arguments", ["--help", "lint", "--cfg job"])
def test_a_module_does_not_take_the_place_of_the_plugins(tmp_path, arguments):
    write(tmp_path / "work", {f"{name}.py": PAYLOAD for name in (*OPTIONAL, *NAMESPACES)})
    answer = start(tmp_path / "work", arguments)
    assert (answer.status, answer.err, answer.made) == (0, "", [])


@pytest.mark.slow
def test_trusted_modules_may_be_parts_of_namespaces(tmp_path):
    part = "from runner.data import digits as load\n"
    files = {"space/own/part.py": part, "hydra_plugins/mine.py": PAYLOAD}
    write(tmp_path / "work", files)
    command = f"data.source._target_=space.own.part.load isolation=spawn {SMALL}"
    answer = start(tmp_path / "work", f"{command} --trust space.own,hydra_plugins")
    assert answer.status == 0, answer.err
    assert MARKER in answer.made  # by the plugin, which Hydra executes
