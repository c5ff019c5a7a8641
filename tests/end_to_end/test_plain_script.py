"""A run gives bit for bit what a plain Keras script with the same declarations gives."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from conftest import APPS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("shuffle", ["on", pytest.param("off", marks=pytest.mark.slow)])
def test_a_run_gives_the_bits_of_a_plain_script(cli, tmp_path, shuffle):
    ended = cli("seed=fixed", "seed.value=7", f"shuffle={shuffle}", "builds=1", "calls=1")
    assert ended.status == 0, ended.err
    saved = tmp_path / "plain.npz"
    script = [sys.executable, str(APPS / "plain_script.py"), str(saved), "7", shuffle]
    subprocess.run(script, check=True, capture_output=True, timeout=120)
    plain = np.load(saved)
    with np.load(ended.sweep / "outputs.npz") as stored:
        outputs = stored["outputs"]
    assert outputs.shape == (1, 1, 64, 10)
    assert outputs.tobytes() == plain["outputs"].tobytes()
    assert f"accuracy {plain['accuracy']:.4g}" in ended.out
    assert f"loss {plain['loss']:.4g}" in ended.out
