"""A setting that the task does not read is refused, and can be passed on as the message says."""

from __future__ import annotations

import pytest
from conftest import run_cli

pytestmark = pytest.mark.process

SCRIPT = ("task=script", "task.script=train.py")
TRUST = ("--trust", "./train.py")
SAID = (
    "train.epochs: is not used by task=script: your code gets task.args only. Received: 2."
    " Pass it on, as ${train.epochs} in task.args\n"
)


@pytest.fixture
def script(tmp_path):
    (tmp_path / "train.py").write_text("import sys\nprint(float(sys.argv[-1]))\n")
    return tmp_path


@pytest.mark.parametrize("swept", [["train.epochs=2,3", "-m"], ["train.epochs=2"]])
def test_it_is_refused_in_sweeps_and_single_runs(forked_commands, script, swept):
    ended = forked_commands.run(script, [*SCRIPT, *swept, *TRUST])
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", SAID)
    assert not (script / "outputs").exists()


def test_a_setting_of_another_kind_is_refused(forked_commands, script):
    ended = forked_commands.run(script, ["task.args=[a]", "dry_run=true", "-m"])
    said = "task.args: is not used by task=keras. Received: ['a']. It belongs to task=script\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", said)


def test_what_the_message_advises_works(script):
    passed = 'task.args=[--epochs,"${train.epochs}"]'
    ended = run_cli(
        script, *SCRIPT, "train.epochs=2,3", passed, "replicates=2", "-m", RUNNER_TRUST="./train.py"
    )
    assert ended.status == 0, ended.err
    found = {row["train.epochs"]: row["verdict"] for _, row in ended.results.table.iterrows()}
    assert found == {"2": "repeatable", "3": "repeatable"}
    assert ended.results.runs["digest"].nunique() == 2
