"""What somebody's training returned, told apart into outputs, metrics and stages."""

from __future__ import annotations

import math

import numpy as np
import pytest

from runner.errors import ConfigError
from runner.fingerprint import digest
from runner.tasks.returned import join_builds, read_returned

PLAIN = ("input", "unit")


def read(value, axes=PLAIN, calls=2):
    return read_returned(value, "task.function", axes, calls)


def rows(inputs=4, units=3, dtype=np.float32):
    return np.arange(inputs * units).reshape(inputs, units).astype(dtype)


# --- numbers are metrics, arrays are outputs


@pytest.mark.parametrize(
    "number", [1, 1.0, True, np.float32(1), np.int64(1), np.array(1.0), np.bool_(True)]
)
def test_numbers_of_any_kind_are_metrics(number):
    found = read({"y": rows(), "loss": number})
    assert found.metrics == {"loss": 1.0}
    assert type(found.metrics["loss"]) is float


@pytest.mark.parametrize(
    ("shape", "axes", "expected"),
    [
        ((4,), PLAIN, (1, 1, 4, 1)),
        ((4, 3), PLAIN, (1, 1, 4, 3)),
        ((4, 3, 2), PLAIN, (1, 1, 4, 6)),
        ((2, 4, 3), ("call", "input", "unit"), (1, 2, 4, 3)),
        ((5, 2, 4), ("build", "call", "input"), (5, 2, 4, 1)),
        ((5, 4, 3), ("build", "input", "unit"), (5, 1, 4, 3)),
        ((0, 3), PLAIN, (1, 1, 0, 0)),
    ],
)
def test_axes_are_those_that_the_config_names(shape, axes, expected):
    values = np.random.default_rng(0).normal(size=shape)
    found = read({"y": values}, axes).outputs
    assert found.shape == expected
    assert found.tobytes() == values.tobytes()


def test_several_arrays_stand_beside_each_other():
    found = read({"a": rows(4, 2), "b": np.ones(4, np.float64)}).outputs
    assert found.shape == (1, 1, 4, 3)
    assert found.dtype == np.float64
    assert found[0, 0, 1].tolist() == [2, 3, 1]


def test_integers_that_the_shared_type_would_round_are_refused():
    with pytest.raises(ConfigError, match="that one type holds exactly"):
        read({"a": np.array([2**53 + 1]), "b": np.ones(1)})


def test_a_callable_gives_the_calls():
    values = iter([rows(), rows() + 1])
    found = read({"y": lambda: next(values)}).outputs
    assert found.shape == (1, 2, 4, 3)
    assert (found[0, 1] - found[0, 0] == 1).all()
    shapes = iter([rows(), rows(5)])
    with pytest.raises(ConfigError, match="the same shape in each call"):
        read({"y": lambda: next(shapes)})


def test_bits_are_kept():
    values = np.array([[-0.0, np.nan], [np.inf, 1e-45]], np.float32)
    assert read({"y": values}).outputs.tobytes() == values.tobytes()


def test_bfloat16_is_held_exactly():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    values = np.array([[1.0], [3.140625]], ml_dtypes.bfloat16)
    found = read({"y": values}).outputs
    assert found.dtype == np.float32
    assert found.ravel().tolist() == [1.0, 3.140625]


class Tensor:
    """As PyTorch's: refuses NumPy until it is detached."""

    shape = (4, 3)

    def __array__(self, *arguments, **named):
        raise RuntimeError("requires grad")

    def detach(self):
        return self

    def cpu(self):
        return rows()


def test_a_tensor_with_a_gradient_is_detached():
    assert read({"y": Tensor()}).outputs.shape == (1, 1, 4, 3)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([rows()], "must give a mapping of arrays and numbers. Received: list"),
        ({}, "must give at least one array of outputs, with a row for each input. Received: noth"),
        ({"loss": 1}, "with a row for each input. Received: loss"),
        ({"a": rows(4), "b": rows(5)}, "arrays with a row for each input. Received: 4 and 5 rows"),
        ({"y": "text"}, "y: must be an array of numbers of at most 64 bits. Received: <U4"),
        ({"y": np.ones(2, complex)}, "numbers of at most 64 bits. Received: complex128"),
        ({"y": [[1], [1, 2]]}, "must be an array of numbers. Received: setting an array"),
    ],
)
def test_what_cannot_be_told_apart_is_one_line(value, reason):
    with pytest.raises(ConfigError) as raised:
        read(value)
    assert reason in str(raised.value)
    assert str(raised.value).startswith("task.function: ")


def test_too_few_axes():
    with pytest.raises(ConfigError, match="must have the axes call, input"):
        read({"y": np.ones(3)}, ("call", "input", "unit"))


# --- names with a meaning


def test_inputs_targets_and_stages():
    stages = {"data": rows(), "init/w": 1.5, "order/0": "abc", "nan": math.nan}
    found = read({"y": rows(), "inputs": rows(4, 7), "targets": [0, 1, 2, 0], "stages": stages})
    assert found.outputs.shape == (1, 1, 4, 3)
    assert found.inputs.shape == (4, 7)
    assert found.targets.tolist() == [0, 1, 2, 0]
    assert list(found.stages) == ["data/inputs", "data/targets", *stages]
    assert found.stages["data"] == digest(rows())
    again = read({"y": rows(), "stages": {**stages, "order/0": "abd"}}).stages
    assert [name for name in stages if again[name] != found.stages[name]] == ["order/0"]


def test_targets_that_are_no_labels_are_none():
    assert read({"y": rows(), "targets": [0.5] * 4}).targets is None


def test_builds_are_put_together():
    builds = [read({"y": rows() + build, "loss": build}) for build in range(2)]
    joined = join_builds(builds, "k")
    assert joined.arrays.outputs.shape == (2, 1, 4, 3)
    assert joined.arrays.inputs.tolist() == [0, 1, 2, 3]
    assert [each["loss"] for each in joined.metrics] == [0, 1]
    assert joined.fingerprints[0] != joined.fingerprints[1]
    assert joined.digest == digest(joined.arrays.outputs)


def test_equal_inputs_have_equal_ids():
    (build,) = [read({"y": rows(), "inputs": np.array([5, 6, 5, 7])})]
    ids = join_builds([build], "k").arrays.inputs
    assert ids[0] == ids[2]
    assert len(set(ids.tolist())) == 3


def test_files_may_hold_all_builds():
    build = read({"y": np.ones((3, 4, 2)), "loss": 0.5}, ("build", "input", "unit"))
    joined = join_builds([build], "k")
    assert joined.arrays.outputs.shape == (3, 1, 4, 2)
    assert len(joined.metrics) == len(joined.fingerprints) == 3


@pytest.mark.parametrize(
    ("builds", "reason"),
    [
        ([{"y": rows(4)}, {"y": rows(5)}], "must give the same shapes in each build"),
        ([{"y": rows(4), "inputs": rows(5)}], "one row of inputs for each row of outputs"),
    ],
)
def test_builds_that_do_not_fit(builds, reason):
    with pytest.raises(ConfigError, match=reason):
        join_builds([read(each) for each in builds], "k")
