"""Digests see every bit, shape and type; names of variables are the same in every build."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from runner.record.fingerprint import DIGITS, digest, row_ids, stable_names

quick = settings(max_examples=100, deadline=None)

some_arrays = hnp.arrays(
    st.sampled_from(["bool", "u1", "int64", "f2", "f4", "f8", "c8", "U3", "S2", "M8[s]"]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)


# --- digest


def test_a_digest_is_sixteen_hexadecimal_digits():
    made = digest(np.zeros(3))
    assert len(made) == DIGITS == 16
    assert set(made) <= set("0123456789abcdef")


def test_known_answers():
    # Recorded digests are compared with new ones; a change of the digest makes all of them differ.
    assert digest(np.arange(3, dtype=np.int64)) == "129d7c8430eea69d"
    assert digest(np.array([[0.5]], dtype=np.float32), np.array([True])) == "6a1d5d70748f2d4a"


@quick
@given(some_arrays)
def test_equal_arrays_have_equal_digests(array):
    assert digest(array) == digest(array.copy())


@quick
@given(some_arrays, st.data())
def test_one_bit_makes_a_difference(array, data):
    if array.nbytes == 0:
        return
    flat = np.frombuffer(array.tobytes(), np.uint8).copy()
    flat[data.draw(st.integers(0, len(flat) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    other = flat.view(array.dtype).reshape(array.shape)
    assert digest(other) != digest(array)


@quick
@given(some_arrays)
def test_the_layout_in_memory_makes_none(array):
    expected = digest(array)
    assert digest(np.asfortranarray(array) if array.ndim else array) == expected
    assert digest(array[..., ::-1][..., ::-1] if array.ndim else array) == expected
    wide = np.repeat(array[..., None], 2, axis=-1)
    assert digest(wide[..., 0]) == expected


def test_a_view_with_steps_equals_its_copy():
    rows = np.arange(24).reshape(4, 6)
    for view in (rows[::2, ::3], rows.T, rows[::-1], np.broadcast_to(rows[0], (3, 6))):
        assert digest(view) == digest(np.array(view, order="C"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.float32(0), np.float32(-0.0)),
        (np.zeros(4, "f4"), np.zeros(4, "i4")),
        (np.zeros(4, "f4"), np.zeros(2, "f8")),
        (np.zeros(4, "<i4"), np.zeros(4, ">i4")),
        (np.zeros(4), np.zeros((4, 1))),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.zeros(1), np.zeros(())),
        (np.zeros((0, 2)), np.zeros((2, 0))),
        (np.zeros(0, "f4"), np.zeros(0, "f8")),
        (np.array(["a", "b"]), np.array(["a", "b "])),
        (np.array(["a", "b"], object), np.array(["b", "a"], object)),
        (np.array(["1"], object), np.array([1], object)),
    ],
)
def test_type_shape_and_sign_of_zero_make_a_difference(one, other):
    assert digest(one) != digest(other)


def test_arrays_that_are_equal_but_not_bitwise_differ():
    nan = np.array([0x7FC00000, 0x7FC00001], dtype=np.uint32).view(np.float32)
    assert digest(nan[:1]) != digest(nan[1:])
    assert digest(nan[:1]) == digest(nan[:1])


def test_objects_are_told_by_what_they_show():
    words = np.array(["a", None, 3, 0.5], dtype=object)
    assert digest(words) == digest(np.array(["a", None, 3, 0.5], dtype=object))
    assert digest(words) != digest(words[:3])


def test_the_order_and_number_of_arrays_make_a_difference():
    a, b = np.zeros(2), np.ones(2)
    made = [digest(), digest(a), digest(a, b), digest(b, a), digest(a, a), digest(np.r_[a, b])]
    assert len(set(made)) == len(made)


def test_lists_and_numbers_are_arrays():
    assert digest([1.0, 2.0]) == digest(np.array([1.0, 2.0]))
    assert digest(3) == digest(np.int64(3))


def test_empty_arrays_have_a_digest():
    assert digest(np.zeros((0, 3))) == digest(np.ones((0, 3)))
    assert len(digest(np.zeros(0, object))) == DIGITS


# --- row_ids


def test_bitwise_equal_rows_have_equal_numbers():
    rows = np.array([[0.0, 1], [-0.0, 1], [0.0, 1], [1, 0]], np.float32)
    ids = row_ids(rows)
    assert ids.dtype == np.uint64
    assert ids[0] == ids[2]
    assert len(set(ids.tolist())) == 3


@quick
@given(hnp.arrays(st.sampled_from(["i1", "f4", "?"]), st.tuples(st.integers(0, 6), st.just(2))))
def test_numbers_partition_the_rows_as_their_bits_do(rows):
    ids = row_ids(rows).tolist()
    bits = [row.tobytes() for row in rows]
    assert len(ids) == len(rows)
    for one in range(len(rows)):
        for other in range(len(rows)):
            assert (ids[one] == ids[other]) == (bits[one] == bits[other])


@pytest.mark.parametrize("shape", [(0, 3), (4,), (4, 2, 2), (4, 0)])
def test_rows_of_any_shape_have_numbers(shape):
    assert row_ids(np.zeros(shape)).shape == shape[:1]
    assert len(set(row_ids(np.zeros(shape)).tolist())) == min(1, shape[0])


def test_a_row_has_the_same_number_wherever_it_stands():
    rows = np.random.default_rng(0).normal(size=(5, 3))
    assert row_ids(rows[::-1]).tolist() == row_ids(rows).tolist()[::-1]


# --- stable_names


def named(paths):
    """The names in a model that is named as the paths begin."""
    return stable_names(paths, paths[0].split("/")[0] if paths else "m")


def test_paths_of_functional_models_have_no_name_of_the_model_in_them():
    paths = ["dense/kernel", "dense_1/kernel", "functional/scale"]
    assert stable_names(paths, "functional") == ["dense/kernel", "dense_1/kernel", "scale"]


def test_a_second_build_has_the_names_of_the_first():
    first = [
        "sequential/dense/kernel",
        "sequential/dense/bias",
        "sequential/dense_1/kernel",
        "sequential/batch_normalization/moving_mean",
    ]
    second = [
        "sequential_1/dense_2/kernel",
        "sequential_1/dense_2/bias",
        "sequential_1/dense_3/kernel",
        "sequential_1/batch_normalization_1/moving_mean",
    ]
    names = [
        "dense/kernel",
        "dense/bias",
        "dense_1/kernel",
        "batch_normalization/moving_mean",
    ]
    assert named(first) == named(second) == names


def test_the_tenth_build_has_them_too():
    assert named(["m_9/dense_99/kernel", "m_9/dense_100/kernel"]) == [
        "dense/kernel",
        "dense_1/kernel",
    ]


def test_nested_layers_are_counted_by_layer():
    first = [
        "functional/encoder/dense/kernel",
        "functional/encoder/dense_1/kernel",
        "functional/decoder/dense_2/kernel",
        "functional/gru/gru_cell/kernel",
    ]
    second = [
        "functional_1/encoder/dense_3/kernel",
        "functional_1/encoder/dense_4/kernel",
        "functional_1/decoder/dense_5/kernel",
        "functional_1/gru_1/gru_cell_1/kernel",
    ]
    assert named(second) == named(first)
    assert len(set(named(first))) == 4


@pytest.mark.parametrize(
    "paths",
    [
        ["m/block_1/kernel", "m/block_2/kernel", "m/block/kernel"],
        ["m/conv/kernel", "m/conv_1/kernel", "m/conv_1_2/kernel", "m/conv_1_2_3/kernel"],
        ["m/conv_1_2/kernel", "m/conv_1/kernel", "m/conv/kernel", "m/conv_2_1/kernel"],
        ["m/_1/kernel", "m/_1_1/kernel", "m/_1_2/kernel", "m/1/kernel", "m/1_1/kernel"],
        ["m/a/b_1/kernel", "m/a_1/b/kernel", "m/a_2/b_1/kernel"],
        ["m/layer_v2/kernel", "m/layer_v2_1/kernel", "m/layer2/kernel"],
    ],
)
def test_layers_that_a_person_numbered_keep_names_of_their_own(paths):
    names = named(paths)
    assert len(set(names)) == len(paths)
    assert named(paths) == names


def test_a_number_inside_a_name_stays():
    assert named(["m/layer_v2/kernel", "m/conv2d/kernel", "m/conv2d_1/kernel"]) == [
        "layer_v2/kernel",
        "conv2d/kernel",
        "conv2d_1/kernel",
    ]


def test_variables_of_one_path_do_not_hide_each_other():
    paths = ["m/same/kernel", "m/same/kernel", "m/same/bias", "m/same/kernel"]
    assert named(paths) == ["same/kernel", "same/kernel:1", "same/bias", "same/kernel:2"]


def test_a_variable_outside_of_any_layer_has_a_name():
    assert named(["scale", "shift_3"]) == ["scale", "shift"]
    assert named([]) == []


parts = st.sampled_from(["dense", "dense_1", "dense_2", "dense_1_2", "a", "a_1", "kernel", "_1"])


@quick
@given(st.lists(st.lists(parts, min_size=2, max_size=4).map("/".join), unique=True))
def test_different_variables_of_a_model_have_different_names(paths):
    paths = [f"model/{path}" for path in paths]
    assert len(set(named(paths))) == len(paths)
