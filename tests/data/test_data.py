"""Sources of rows, and how one table becomes a training and a test part."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from split_rules import rule_of

from runner import data
from runner.data.array_sources import digits, npz, tiny
from runner.data.parting.partition import partition
from runner.data.parting.split import split_rows
from runner.data.rows import Rows
from runner.errors import ConfigError
from runner.trust.identity import locate_object
from runner.trust.names import CONFIG_FUNCTIONS

quick = settings(max_examples=100, deadline=None)

fractions = st.floats(0, 1, exclude_min=True, exclude_max=True)
split_seeds = st.one_of(st.none(), st.integers(0, 2**32 - 1))


def table(rows):
    """Rows that can be told apart, and targets that go with them."""
    return np.arange(2 * rows, dtype=np.float32).reshape(rows, 2), np.arange(rows) * 10


def save(path, **arrays):
    np.savez(path, **arrays)
    return str(path)


def refusal(*arguments, **named):
    with pytest.raises(ConfigError) as caught:
        npz(*arguments, **named)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- split_rows


def split(part, fraction, seed):
    order, held = partition(rule_of(test_fraction=fraction, seed=seed), len(part[0]))
    train, test = split_rows(Rows(*part), order, held)
    return train.parts, test.parts, order


@quick
@given(st.integers(2, 60), fractions, split_seeds)
def test_every_row_is_kept_once_with_its_target(rows, fraction, seed):
    x, y = table(rows)
    (x_train, y_train), (x_test, y_test), order = split((x, y), fraction, seed)
    assert len(x_train) >= 1
    assert len(x_test) >= 1
    assert sorted(order) == list(range(rows))
    assert np.array_equal(np.concatenate([x_train, x_test]), x[order])
    assert np.array_equal(np.concatenate([y_train, y_test]), y[order])
    assert order.dtype == np.int64


@pytest.mark.parametrize(
    ("rows", "fraction", "held"),
    [(10, 0.2, 2), (1797, 0.2, 359), (2, 0.01, 1), (2, 0.99, 1), (5, 0.999, 4), (100, 0.005, 1)],
)
def test_how_many_rows_are_held_out(rows, fraction, held):
    _, (x_test, _), _ = split(table(rows), fraction, 0)
    assert len(x_test) == held


def test_known_answer():
    # NumPy promises that RandomState never changes; a recorded split depends on it.
    *_, order = split(table(6), 0.5, 0)
    assert order.tolist() == [5, 2, 1, 3, 0, 4]


def test_a_seed_decides_the_split_and_zero_is_one():
    orders = [split(table(50), 0.2, seed)[2].tolist() for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]


def test_a_seeded_split_leaves_the_global_generator_alone():
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    split(table(50), 0.2, 7)
    assert np.random.random() == expected  # noqa: NPY002


def test_an_unseeded_split_follows_the_global_generator():
    orders = []
    for seed in (3, 3, 4):
        np.random.seed(seed)  # noqa: NPY002
        orders.append(split(table(50), 0.2, None)[2].tolist())
        orders.append(split(table(50), 0.2, None)[2].tolist())
    assert orders[:2] == orders[2:4]
    assert orders[0] != orders[4]
    assert orders[0] != orders[1]


def test_rows_may_have_any_shape_and_type():
    x, y = np.zeros((5, 3, 2), np.uint8), np.array(list("abcde"))
    (x_train, y_train), (x_test, y_test), _ = split((x, y), 0.4, 0)
    assert (x_train.shape, x_test.shape) == ((3, 3, 2), (2, 3, 2))
    assert x_train.dtype == x_test.dtype == np.uint8
    assert sorted([*y_train, *y_test]) == list("abcde")


# --- their names


def test_sources_are_found_under_the_names_that_configs_use():
    named = {name: own for name, own in CONFIG_FUNCTIONS.items() if name.startswith("runner.data.")}
    assert set(data.ARRAY_SOURCES) == {name.rpartition(".")[2] for name in named}
    for name, own in named.items():
        assert getattr(data, name.rpartition(".")[2]) is locate_object(own)


# --- tiny


def test_tiny_is_exclusive_or():
    (x, y), (x_test, y_test) = tiny()
    assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert y.tolist() == [0, 1, 1, 0]
    assert [int(a) ^ int(b) for a, b in x] == y.tolist()
    assert (x.dtype, y.dtype) == (np.float32, np.int64)
    assert np.array_equal(x, x_test)
    assert np.array_equal(y, y_test)


def test_two_rows_are_one_of_each_class():
    (x, y), _ = tiny(rows=2)
    assert x.tolist() == [[0, 0], [1, 0]]
    assert y.tolist() == [0, 1]


@pytest.mark.parametrize("rows", [0, 1, 3, 5, -2])
def test_tiny_has_two_or_four_rows(rows):
    with pytest.raises(ConfigError) as caught:
        tiny(rows)
    assert str(caught.value) == f"data.source.rows: must be 2 or 4. Received: {rows}"


def test_the_parts_of_tiny_are_no_views_of_each_other():
    (x, _), (x_test, _) = tiny()
    x[:] = 9
    assert x_test.max() == 1


# --- digits


def test_digits_are_scaled_images_with_ten_classes():
    x, y = digits()
    assert (x.shape, x.dtype) == ((1797, 64), np.float32)
    assert (x.min(), x.max()) == (0, 1)
    assert (y.shape, y.dtype) == ((1797,), np.int64)
    assert set(y.tolist()) == set(range(10))


def test_digits_leave_the_global_generator_alone():
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    digits()
    assert np.random.random() == expected  # noqa: NPY002


# --- npz


def test_one_part_is_read(tmp_path):
    x, y = table(4)
    read = npz(save(tmp_path / "a.npz", x=x, y=y, other=y))
    assert [part.tolist() for part in read] == [x.tolist(), y.tolist()]


def test_two_parts_and_other_names_are_read(tmp_path):
    x, y = table(4)
    path = save(tmp_path / "a.npz", rows=x, y=y, rows_test=x[:3], y_test=y[:3])
    (x_train, y_train), (x_test, y_test) = npz(path, x="rows")
    assert (len(x_train), len(y_train), len(x_test), len(y_test)) == (4, 4, 3, 3)
    assert x_train.dtype == np.float32


@pytest.mark.parametrize("alone", ["x_test", "y_test"])
def test_half_a_test_part_is_none(tmp_path, alone):
    x, y = table(4)
    read = npz(save(tmp_path / "a.npz", x=x, y=y, **{alone: x}))
    assert [part.shape for part in read] == [(4, 2), (4,)]


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"PK\x03\x04"])
def test_a_file_that_is_no_npz_is_refused(tmp_path, content):
    path = tmp_path / "a.npz"
    if content is not None:
        path.write_bytes(content)
    message = f"data.source.path: must be an .npz file. Received: {path}"
    assert refusal(str(path)) == message


def test_a_directory_and_a_single_array_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    for path in (tmp_path, tmp_path / "a.npy"):
        assert refusal(str(path)).startswith("data.source.path: must be an .npz file. Received: ")


def test_a_missing_array_is_named_with_the_nearest(tmp_path):
    x, y = table(4)
    path = save(tmp_path / "a.npz", inputs=x, labels=y)
    assert refusal(path) == (
        f"data.source.x: must name an array of {path}, which has inputs, labels. Received: x"
    )
    assert refusal(path, "inputs", "label") == (
        f"data.source.y: must name an array of {path}, which has inputs, labels."
        " Received: label. Did you mean 'labels'?"
    )


@pytest.mark.parametrize("part", ["", "_test"])
def test_different_lengths_are_refused(tmp_path, part):
    x, y = table(4)
    arrays = {"x": x, "y": y, "x_test": x, "y_test": y, f"y{part}": y[:3]}
    assert refusal(save(tmp_path / "a.npz", **arrays)) == (
        f"data.source.path: x{part} and y{part} must have as many rows. Received: (4, 2) and (3,)"
    )


def test_arrays_without_rows_are_refused(tmp_path):
    path = save(tmp_path / "a.npz", x=np.zeros((2, 2)), y=np.float32(1))
    assert refusal(path).endswith("must have as many rows. Received: (2, 2) and ()")


def test_pickled_objects_are_refused(tmp_path):
    path = save(tmp_path / "a.npz", x=np.array([{}, {}]), y=np.zeros(2))
    assert refusal(path).startswith("data.source.path: must hold arrays of numbers")
