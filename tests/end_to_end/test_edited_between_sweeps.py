"""Sweeps of one configuration that are put together, where something was edited between them."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.process

EDITED = "No two runs made with the same files and versions differ"

SCRIPT = "import numpy as np\nrng = np.random.default_rng({})\nprint(rng.normal())\n"
FUNCTION = """
import numpy as np

def train(config, seeds):
    return {{"outputs": np.random.default_rng({}).normal(size=(2, 1))}}
"""

AUDIT = ("audit", "--replicates", "2", "t.py")
SWEEP = (*("task=function", "task.function=mine.train", "--trust", "mine.train"), "replicates=2")
KINDS = {
    "script": ({"t.py": SCRIPT.format(1)}, {"t.py": SCRIPT.format(2)}, AUDIT),
    "function": (
        {"mine.py": FUNCTION.format(1)},
        {"mine.py": FUNCTION.format(2)},
        (*SWEEP, "seed=fixed", "-m"),
    ),
    "helper": (
        {"t.py": "import helper\nprint(helper.VALUE)\n", "helper.py": "VALUE = 0.5\n"},
        {"helper.py": "VALUE = 0.75\n"},
        AUDIT,
    ),
}
"""Kind to files, those that are edited, and the command that is typed before and after."""


def write(here, files):
    (here / "work").mkdir(exist_ok=True)
    for name, text in files.items():
        (here / "work" / name).write_text(text)


@pytest.mark.parametrize(
    "kind",
    ["script", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("function", "helper"))],
)
def test_an_edit_is_no_reason_of_the_code_itself(cli, tmp_path, kind):
    before, after, command = KINDS[kind]
    write(tmp_path, before)
    assert cli(*command, keep_order=True).status == 0
    write(tmp_path, after)
    assert cli(*command, keep_order=True).status == 0
    said = " ".join(cli("report", "outputs").out.split())
    assert EDITED in said
    assert f"differ in {next(iter(after))}. Look at each sweep by itself." in said
    assert "another seed in each run" not in said


def test_runs_that_differ_under_one_state_of_the_code_keep_their_reason(cli, tmp_path):
    write(tmp_path, {"t.py": "import numpy as np\nprint(np.random.default_rng().normal())\n"})
    assert cli(*AUDIT, keep_order=True).status == 0
    write(tmp_path, {"other.py": "VALUE = 1\n"})
    assert cli(*AUDIT, keep_order=True).status == 0
    said = " ".join(cli("report", "outputs").out.split())
    assert EDITED not in said
    assert "default_rng() without a seed" in said
