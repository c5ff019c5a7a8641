"""Every command of docs/training.md runs, and every callback of Keras is decided on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import keras
import pytest

from runner.config.compose import open_configs
from runner.config.nodes import configuration_id, to_dataclass
from runner.config.overrides import lengthen_keys
from runner.config.seeds import run_seeds
from runner.tasks.keras.train import train_and_call
from runner.trust.callback_table import CALLBACKS

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text()

# NumPy's, about what Keras hands over to it; a run prints no such warnings.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

COMMANDS = re.findall(r"^    (python -m runner (?:.*\\\n)*.*)$", PAGE, re.MULTILINE)


def test_the_page_has_commands():
    assert len(COMMANDS) >= 15


def read_words(command):
    """The words of a command as a shell reads them, without the program."""
    # A backslash at the end of a line is one between single quotes, and none outside of them.
    read = ["bash", "-c", f"printf '%s\\0' {command.removeprefix('python -m runner ')}"]
    return subprocess.run(read, capture_output=True, text=True, check=True).stdout.split("\0")[:-1]


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_is_valid(forked_commands, tmp_path, command):
    words = [each for each in read_words(command) if each != "-m"]
    ended = forked_commands.run(tmp_path, [*words, "dry_run=true", "-m"])
    assert ended.returncode == 0, ended.stderr
    assert "to run" in ended.stdout


@pytest.mark.process
@pytest.mark.exhaustive
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(tmp_path, command):
    """Each of its configurations is trained, in this process, which has TensorFlow already."""
    overrides = lengthen_keys([each for each in read_words(command) if each != "-m"])
    if not any("model=" in each for each in overrides):
        overrides.append("model=linear")
    with open_configs(None) as configs:
        expanded = configs.expand([*overrides, "builds=1"])
        composed = [configs.compose(each).cfg for each in expanded]
    for number, cfg in enumerate(composed):
        config = to_dataclass(cfg)
        seeds = run_seeds(config.seed, 0, configuration_id(cfg))
        measured = train_and_call(config, seeds, tmp_path / str(number))
        assert "accuracy" in measured.metrics[0]
    keras.config.set_dtype_policy("float32")


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
