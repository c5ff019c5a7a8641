"""Every command of docs/training.md runs, and every callback of Keras is decided on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import keras
import pytest

from runner.trust.callback_table import CALLBACKS

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text()

COMMANDS = re.findall(r"^    (python -m runner (?:.*\\\n)*.*)$", PAGE, re.MULTILINE)


def test_the_page_has_commands():
    assert len(COMMANDS) >= 15


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(cli, command):
    # As a shell reads it, which takes a backslash at the end of a line for one outside of quotes.
    read = ["bash", "-c", f"printf '%s\\0' {command.removeprefix('python -m runner ')}"]
    arguments = subprocess.run(read, capture_output=True, text=True, check=True).stdout.split("\0")
    arguments = arguments[:-1]
    small = [] if any("model=" in each for each in arguments) else ["model=linear"]
    few = ["replicates=2", "replays=0"] if "-m" in arguments else []
    ended = cli(*arguments, *small, *few, "builds=1")
    assert ended.status == 0, ended.err
    assert "accuracy" in ended.out


def test_every_callback_of_keras_works_or_is_refused_with_a_reason():
    found = {name for name, kind in vars(keras.callbacks).items() if isinstance(kind, type)}
    # Older versions of Keras lack some.
    assert found <= set(CALLBACKS)
    refused = {name for name, each in CALLBACKS.items() if each.refused}
    listed = {name for name in CALLBACKS if re.search(rf"\b{name}\b", PAGE)}
    assert listed == set(CALLBACKS)
    assert refused & found


@pytest.mark.process
@pytest.mark.parametrize("name", sorted(n for n, each in CALLBACKS.items() if each.refused))
def test_a_refused_callback_gets_one_line(forked_commands, tmp_path, name):
    ended = forked_commands.run(
        tmp_path, [f"train.callbacks=[{{_target_: keras.callbacks.{name}}}]"]
    )
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith("train.callbacks[0]._target_: ")
    assert name in line


@pytest.mark.process
@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (
            "ModelCheckpoint, filepath: /tmp/x.keras",
            "train.callbacks[0].filepath: must be relative",
        ),
        ("ModelCheckpoint, filepath: ../x.keras", "train.callbacks[0].filepath: must be relative"),
        ("ModelCheckpoint", "train.callbacks[0].filepath: must name a file"),
        ("CSVLogger, filename: 'a{epoch.real}'", "train.callbacks[0].filename: may have fields"),
        ("EarlyStoping", "train.callbacks[0]._target_: is no callback of Keras"),
        ("TensorBoard, log_dir: 'gs://b'", "train.callbacks[0].log_dir: must be relative"),
    ],
)
def test_a_callback_writes_only_into_the_directory_of_its_run(
    forked_commands, tmp_path, callback, message
):
    ended = forked_commands.run(
        tmp_path, [f"train.callbacks=[{{_target_: keras.callbacks.{callback}}}]"]
    )
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith(message)
