"""What somebody's training returned, told apart into outputs, metrics and stages."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from runner.errors import ConfigError
from runner.record.fingerprint import digest
from runner.record.record import NAMES
from runner.tasks.returned_values import join_builds, read_returned

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


@pytest.mark.parametrize(
    ("integers", "kind"), [(np.array([2**63 - 1]), "f8"), (np.array([2**64 - 1], "u8"), "i8")]
)
def test_the_largest_integers_are_not_taken_for_exact_on_any_processor(integers, kind):
    # Converted back, 2**63 is the largest integer on some processors and the smallest on others.
    with pytest.raises(ConfigError, match="that one type holds exactly"):
        read({"a": integers, "b": np.ones(1, kind)})


def test_what_one_type_holds_is_taken_from_lists_and_frames():
    assert read({"y": [[2**53, 0.5]]}).outputs.ravel().tolist() == [2**53, 0.5]
    unmasked = np.ma.masked_array(rows(), np.zeros((4, 3), bool))
    assert read({"y": unmasked}).outputs.tobytes() == rows().tobytes()
    frame = pd.DataFrame({"a": [1, 2], "b": [0.5, 0.25]})
    found = read({"y": frame})
    assert found.outputs.tobytes() == frame.to_numpy().tobytes()
    swapped = read({"y": frame.rename(columns={"a": "b", "b": "a"})})
    relabelled = read({"y": frame.set_axis(["x", "y"])})
    assert len({each.stages[NAMES] for each in (found, swapped, relabelled)}) == 3


def test_names_of_several_outputs_count_and_one_needs_none():
    one, other = rows(), rows() + 1
    found = [read(each) for each in ({"a": one, "b": other}, {"b": one, "a": other})]
    assert found[0].outputs.tobytes() == found[1].outputs.tobytes()
    assert found[0].stages[NAMES] != found[1].stages[NAMES]
    assert read({"a": one, "loss": 1}).stages == {}


def test_several_outputs_have_a_stage_each():
    one, other = (read({"a": rows(), "b": rows() + n}).stages for n in (1, 2))
    differing = [name for name in one if one[name] != other[name]]
    assert list(one) == [NAMES, "outputs/a", "outputs/b"]
    assert differing == ["outputs/b"]


@pytest.mark.parametrize("number", [-math.inf, -0.0, 2**60, np.uint64(2**63), np.float16(0.1)])
def test_metrics_are_exact(number):
    assert math.copysign(1, read({"y": rows(), "n": number}).metrics["n"]) == np.copysign(1, number)
    assert read({"y": rows(), "n": number}).metrics["n"] == number


def test_what_calls_change_later_was_read_before():
    buffer, state = np.zeros((4, 3)), np.zeros(2)

    def call():
        buffer[:] += 1
        state[:] += 1
        return buffer

    given = {"first": buffer, "inputs": buffer, "stages": {"init/w": state}, "y": call}
    found = read(given, calls=1)
    assert found.outputs[0, :, 0].tolist() == [[0, 0, 0, 1, 1, 1]]
    assert found.inputs.tolist() == np.zeros((4, 3)).tolist()
    assert found.stages["init/w"] == digest(np.zeros(2))


def test_a_buffer_that_every_call_fills_gives_each_call_its_own():
    buffer = np.zeros((4, 3))

    def call():
        buffer[:] += 1
        return buffer

    assert read({"y": call}).outputs[0, :, 0, 0].tolist() == [1, 2]


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
        ({"loss": 1}, "a row for each input. Received: loss. A single number is a metric"),
        ({"y": lambda: 1.0}, "y: must have the axes input. Received: a single number"),
        ({"y": rows(), "inputs": 64}, "inputs: must have a row for each input. Received: a single"),
        ({"y": rows(), "stages": np.zeros(3)}, "stages: must be a mapping from stage to an array"),
        ({"y": rows(), "stages": {"outputs": 1}}, "must not name a stage that there is"),
        ({"y": rows(), "targets": [0] * 4, "stages": {"data/targets": 1}}, "a stage that there is"),
        ({"y": rows(), 1: 0.5, "1": 0.25}, "must give different names"),
        ({"y": np.ma.masked_array(rows(), rows() < 2)}, "y: must be an array without masked"),
        ({"y": [np.ma.masked_array([1, 2], [0, 1])]}, "y: must be an array without masked"),
        ({"y": [[2**53 + 1, 0.5]]}, "y: mixes numbers that no one type holds exactly"),
        ({"y": [2**63 + 1, -1]}, "y: mixes numbers that no one type holds exactly"),
        ({"y": rows(), "n": 2**60 + 1}, "n: must be a number that a float holds exactly"),
        ({"y": rows(), "n": np.array(2**60 + 1)}, "n: must be a number that a float holds exactly"),
        ({"y": rows(), "n": 10**400}, "n: must be a number that a float holds exactly"),
        ({"y": rows(), "n": np.complex64(1j)}, "n: must be an array of numbers of at most 64 bits"),
        ({"y": pd.DataFrame({"a": [2**53 + 1], "b": [0.5]})}, "that one type holds exactly"),
        ({"y": pd.DataFrame({"a": ["x"]})}, "y: must be an array of numbers of at most 64 bits"),
        (
            {"a": rows(4), "b": rows(5)},
            "the same numbers of builds, calls and rows. Received: 4 and 5 rows",
        ),
        (
            {"a": rows(), "b": rows},
            "with the same numbers of builds, calls and rows. Received: 1 and 2 calls",
        ),
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
