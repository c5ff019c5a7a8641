"""What a function at hand returns, as outputs and metrics."""

from __future__ import annotations

import hashlib
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

from runner.errors import ConfigError
from runner.tasks import audited_function
from runner.tasks.audited_function import PackedFunction, call, name_outputs
from runner.tasks.function import AUDITED
from runner.tasks.returned_values import read_returned
from runner.trust.names import check_target

INPUTS = np.arange(6.0).reshape(3, 2)


def read(value, inputs=None):
    """Shape of the outputs (input, unit) and the metrics, as a run records them."""
    named = name_outputs(value, inputs)
    found = read_returned(named, "function", ["input", "unit"], 2)
    return found.outputs.shape[2:], found.metrics


@pytest.mark.parametrize(
    ("value", "inputs", "shape", "metrics"),
    [
        (np.ones((3, 4)), INPUTS, (3, 4), {}),
        (np.ones((5, 4)), INPUTS, (1, 20), {}),
        (np.ones((3, 4)), None, (1, 12), {}),
        (np.ones(4), None, (1, 4), {}),
        ([1, 2, 3], None, (1, 3), {}),
        ([1, 2, 3], [7, 8, 9], (3, 1), {}),
        ([np.ones(2), np.ones((2, 2))], None, (1, 6), {}),
        ((np.ones((3, 1)), np.ones((3, 2))), INPUTS, (3, 3), {}),
        (0.5, None, (1, 1), {"value": 0.5}),
        (np.float32(0.5), None, (1, 1), {"value": 0.5}),
        (True, None, (1, 1), {"value": 1.0}),
        ({"accuracy": 0.5, "loss": 2}, None, (1, 2), {"accuracy": 0.5, "loss": 2.0}),
        ({"y": np.ones((3, 2)), "accuracy": 0.5}, INPUTS, (3, 2), {"accuracy": 0.5}),
        ({"y": np.ones(7), "accuracy": 0.5}, INPUTS, (1, 7), {"accuracy": 0.5}),
        ({"y": np.ones(7), "inputs": np.ones(7)}, INPUTS, (7, 1), {}),
        ({"y": lambda: np.ones((3, 2)), "n": 1}, None, (3, 2), {"n": 1.0}),
        ({"a": 1.5, "stages": {"init/w": np.ones(2)}}, None, (1, 1), {"a": 1.5}),
    ],
)
def test_what_is_returned_has_rows_and_metrics(value, inputs, shape, metrics):
    assert read(value, inputs) == (shape, metrics)


@pytest.mark.parametrize("value", [None, {}, {"stages": {"a": 1}}, "text", {"y": "text"}])
def test_what_holds_no_number_is_refused(value):
    with pytest.raises(ConfigError):
        read(value)


def test_equal_numbers_of_several_runs_are_told_apart_from_others():
    one, other = (name_outputs(value, None)["outputs"] for value in (0.1, np.nextafter(0.1, 1)))
    assert one.tobytes() != other.tobytes()


@pytest.fixture
def config(tmp_path, monkeypatch):
    packed = pickle.dumps(PackedFunction((), pickle.dumps((np.sum, ([1, 2],))), False))
    (tmp_path / "packed").write_bytes(packed)
    monkeypatch.setenv(audited_function.VARIABLE, str(tmp_path / "packed"))
    params = SimpleNamespace(digest=hashlib.sha256(packed).hexdigest())
    return SimpleNamespace(task=SimpleNamespace(params=params))


def test_the_packed_function_is_called(config):
    assert call(config, {})["value"] == 3.0


def test_another_function_is_refused(config):
    config.task.params.digest = "0" * 64
    with pytest.raises(ConfigError, match="is another one than the sweep began with"):
        call(config, {})


def test_a_function_that_is_gone_is_one_line(config, monkeypatch):
    monkeypatch.delenv(audited_function.VARIABLE)
    with pytest.raises(ConfigError, match="is gone with the program that had it"):
        call(config, {})


def test_a_config_of_a_stranger_cannot_name_it(monkeypatch):
    """It unpickles what an environment variable names, so it needs trust like any code."""
    monkeypatch.setenv("RUNNER_TRUST", "")
    with pytest.raises(ConfigError, match="--trust"):
        check_target("task.function", AUDITED)
    monkeypatch.setenv("RUNNER_TRUST", AUDITED)
    check_target("task.function", AUDITED)
