"""CSV and Parquet files as training rows, and .npy files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from runner.data.array_sources import npy
from runner.data.table_sources import csv, feather, parquet
from runner.errors import ConfigError

FRAME = pd.DataFrame(
    {
        "width": [1.5, 2.5, 3.5, 4.5],
        "name": ["a", "b", "c", "d"],
        "count": [1, 2, 3, 4],
        "kind": ["oak", "ash", "oak", "elm"],
        "open": [True, False, True, False],
    }
)


@pytest.fixture(params=[csv, parquet, feather], ids=["csv", "parquet", "feather"])
def source(request):
    """A source, and its way to write a frame."""
    return request.param


def write(path, frame):
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".feather":
        frame.reset_index(drop=True).to_feather(path)
    else:
        frame.to_parquet(path)
    return str(path)


@pytest.fixture
def path_of(source, tmp_path):
    def write_there(frame=FRAME, name="rows"):
        return write(tmp_path / f"{name}.{source.__name__}", frame)

    return write_there


def refusal(call, *arguments, **named):
    with pytest.raises(ConfigError) as caught:
        call(*arguments, **named)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- what is read


def test_numeric_columns_but_the_target_are_features(source, path_of):
    x, y = source(path_of(), "count")
    assert x.tolist() == [[1.5, 1], [2.5, 0], [3.5, 1], [4.5, 0]]
    assert (x.dtype, x.flags.c_contiguous) == (np.float32, True)
    assert (y.tolist(), y.dtype) == ([1, 2, 3, 4], np.int64)


def test_text_becomes_class_numbers_in_sorted_order(source, path_of):
    _, y = source(path_of(), "kind")
    assert (y.tolist(), y.dtype) == ([2, 0, 2, 1], np.int64)  # ash, elm, oak


@pytest.mark.parametrize(
    ("target", "expected", "dtype"),
    [("open", [1, 0, 1, 0], np.int64), ("width", [1.5, 2.5, 3.5, 4.5], np.float32)],
)
def test_other_targets_keep_their_numbers(source, path_of, target, expected, dtype):
    _, y = source(path_of(), target)
    assert (y.tolist(), y.dtype) == (expected, dtype)


def test_named_features_come_in_the_order_given(source, path_of):
    x, _ = source(path_of(), "kind", features=["count", "width"])
    assert x.tolist() == [[1, 1.5], [2, 2.5], [3, 3.5], [4, 4.5]]


def test_a_test_part_has_the_columns_and_classes_of_the_training_part(source, path_of):
    other = FRAME.iloc[[3, 0]][["kind", "open", "count", "width"]]
    parts = source(path_of(), "kind", test_path=path_of(other, "test"))
    (x, y), (x_test, y_test) = parts
    assert (x.shape, y.tolist()) == ((4, 3), [2, 0, 2, 1])
    assert x_test.tolist() == [[4.5, 4, 0], [1.5, 1, 1]]
    assert y_test.tolist() == [1, 2]


def test_fill_stands_for_missing_values(source, path_of):
    holes = FRAME.assign(width=[1.5, np.nan, 3.5, np.nan])
    x, _ = source(path_of(holes), "kind", features=["width"], fill=-1)
    assert x.ravel().tolist() == [1.5, -1, 3.5, -1]


def test_columns_of_other_pandas_types_are_read(tmp_path):
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None], "Int64"),
            "kind": pd.Categorical(["b", "a"]),
            "maybe": pd.array([True, False], "boolean"),
        }
    )
    x, y = parquet(write(tmp_path / "a.parquet", frame), "kind", fill=0)
    assert x.tolist() == [[1, 1], [0, 0]]
    assert y.tolist() == [1, 0]


def test_another_separator(tmp_path):
    (tmp_path / "a.csv").write_text("a;b\n1;0\n2;1\n")
    x, y = csv(str(tmp_path / "a.csv"), "b", separator=";")
    assert (x.tolist(), y.tolist()) == ([[1], [2]], [0, 1])


def test_a_value_that_is_no_number_does_not_hide_in_a_long_column(tmp_path):
    # pandas reads large files in pieces, unless told otherwise, and guesses types for each.
    lines = [f"{n},0" for n in range(300_000)]
    lines[-1] = "none,0"
    (tmp_path / "a.csv").write_text("\n".join(["a,b", *lines]))
    message = refusal(csv, str(tmp_path / "a.csv"), "b", features=["a"])
    assert "column 'a'" in message


# --- what is refused


def test_a_missing_file(source, tmp_path):
    assert refusal(source, "no.such", "kind") == "data.source.path: no such file. Received: no.such"
    assert refusal(source, str(tmp_path), "kind") == (
        f"data.source.path: must be a file, not a directory. Received: {tmp_path}"
    )


def test_a_missing_test_file(source, path_of):
    message = refusal(source, path_of(), "kind", test_path="no.such")
    assert message == "data.source.test_path: no such file. Received: no.such"


@pytest.mark.parametrize(
    ("named", "key", "wrong"),
    [
        ({"target": "kimd"}, "target", "kimd"),
        ({"target": "open", "features": ["width", "kimd"]}, "features[1]", "kimd"),
    ],
)
def test_a_wrong_column_is_named_with_the_nearest(source, path_of, named, key, wrong):
    path = path_of()
    assert refusal(source, path, **named) == (
        f"data.source.{key}: must name a column of {path} (width, name, count, kind, open)."
        f" Received: {wrong}. Did you mean 'kind'?"
    )


def test_a_test_part_without_a_column_that_is_used(source, path_of):
    path, test = path_of(), path_of(FRAME[["width", "kind"]], "test")
    assert refusal(source, path, "kind", test_path=test) == (
        f"data.source.test_path: {test} lacks a column of {path} (width, kind). Received: count"
    )


def test_missing_values_are_counted(source, path_of):
    path = path_of(FRAME.assign(width=[1.5, np.nan, 3.5, np.nan]))
    assert refusal(source, path, "kind") == (
        f"data.source.path: column 'width' of {path} lacks values. Received: 2 of 4 rows without."
        " data.source.fill=NUMBER puts a number in their place"
    )


@pytest.mark.parametrize("fill", [None, 0])
@pytest.mark.parametrize("values", [["oak", None, "elm", "oak"], [1.0, None, 2.0, 3.0]])
def test_a_missing_target_is_never_filled(source, path_of, values, fill):
    message = refusal(source, path_of(FRAME.assign(kind=values)), "kind", fill=fill)
    assert "column 'kind' of" in message
    assert message.endswith("is the target and lacks values. Received: 1 of 4 rows without")


def test_text_is_no_feature(source, path_of):
    message = refusal(source, path_of(), "kind", features=["width", "name"])
    assert "data.source.path: column 'name' of" in message
    assert message.endswith("must be numeric to be a feature. Received: 'a'")


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (
            [],
            "data.source.features: must name a column, or be null for all numeric ones."
            " Received: []",
        ),
        (["kind"], "data.source.features[0]: must not be the target. Received: kind"),
    ],
)
def test_features_that_are_none(source, path_of, features, message):
    assert refusal(source, path_of(), "kind", features=features) == message


def test_a_table_of_text_only(source, path_of):
    message = refusal(source, path_of(FRAME[["kind", "name"]]), "kind")
    assert "must have a numeric column besides the target" in message


@pytest.mark.parametrize("empty", [b"", b"a,b\n"])
def test_a_table_without_rows(tmp_path, empty):
    path = tmp_path / "a.csv"
    path.write_bytes(empty)
    assert refusal(csv, str(path), "b") == f"data.source.path: has no rows. Received: {path}"


def test_an_empty_parquet_file(path_of, source):
    if source is parquet:
        assert "data.source.path: has no rows" in refusal(source, path_of(FRAME[:0]), "kind")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,2\n1,2,3\n", "Expected 2 fields in line 3, saw 3"),
        (b"a,b\n1,2,3\n1,2,3\n", "rows have more values than the first line has names"),
        (b"a,b\n\xff\xfe,2\n", "can't decode byte"),
    ],
)
def test_what_is_no_csv_file(tmp_path, content, said):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    message = refusal(csv, str(path), "b")
    assert message.startswith("data.source.path: cannot be read as a CSV file (")
    assert said in message


def test_what_is_no_parquet_file(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_text("a,b\n1,2\n")
    message = refusal(parquet, str(path), "b")
    assert message.startswith("data.source.path: cannot be read as a Parquet file (")


def test_a_class_that_training_never_sees(source, path_of):
    test = path_of(FRAME.assign(kind=["oak", "fir", "yew", "ash"]), "test")
    message = refusal(source, path_of(), "kind", test_path=test)
    assert message == (
        f"data.source.test_path: column 'kind' of {test} must have no class that"
        " data.source.path lacks. Received: fir, yew"
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "kind"),
    [(["a", "b", "a", "b"], [1, 2, 1, 2], "text"), ([1, 2, 1, 2], ["a", "b", "a", "b"], "numbers")],
)
def test_a_target_of_another_kind_in_the_test_part(source, path_of, ours, theirs, kind):
    test = path_of(FRAME.assign(kind=theirs), "test")
    message = refusal(source, path_of(FRAME.assign(kind=ours)), "kind", test_path=test)
    assert f"must be {kind} as in data.source.path" in message


def test_a_target_that_is_neither_number_nor_text(tmp_path):
    path = write(tmp_path / "a.parquet", FRAME.assign(kind=pd.Timestamp("2020-01-01")))
    assert "must be numbers or text to be the target" in refusal(parquet, path, "kind")


# --- npy


def save(path, array):
    np.save(path, array)
    return str(path)


def test_arrays_keep_their_types(tmp_path):
    x, y = np.arange(6, dtype=np.uint8).reshape(3, 2), np.array([0, 1, 0], np.int32)
    paths = [save(tmp_path / f"{name}.npy", each) for name, each in (("x", x), ("y", y))]
    read = npy(*paths)
    assert [each.tolist() for each in read] == [x.tolist(), y.tolist()]
    assert [each.dtype for each in read] == [np.uint8, np.int32]
    train, test = npy(*paths, *paths)
    assert [each.tolist() for each in test] == [each.tolist() for each in train]


def test_arrays_that_do_not_go_together(tmp_path):
    x, y = save(tmp_path / "x.npy", np.zeros((3, 2))), save(tmp_path / "y.npy", np.zeros(2))
    message = f"data.source.targets: must have as many rows as {x}, which has 3. Received: 2 in {y}"
    assert refusal(npy, x, y) == message
    y = save(tmp_path / "y.npy", np.zeros(3))
    assert refusal(npy, x, y, test_path=x) == (
        "data.source.test_targets: must be given together with data.source.test_path."
        " Received: null"
    )
    assert refusal(npy, x, y, test_targets=y).startswith("data.source.test_path: must be given")


@pytest.mark.parametrize(
    "array", [np.array(["a", "b"]), np.float32(1), np.array([{}, {}]), np.array([1 + 2j])]
)
def test_arrays_that_are_no_rows_of_numbers(tmp_path, array):
    path = save(tmp_path / "x.npy", array)
    assert refusal(npy, path, path).startswith("data.source.path: must ")


@pytest.mark.parametrize("content", [b"", b"text", b"\x93NUMPY\x01\x00"])
def test_files_that_hold_no_array(tmp_path, content):
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    assert refusal(npy, str(path), str(path)) == (
        f"data.source.path: must be an .npy file of numbers. Received: {path}"
    )
    assert refusal(npy, "no.npy", str(path)) == ("data.source.path: no such file. Received: no.npy")


def test_an_archive_is_no_array(tmp_path):
    np.savez(tmp_path / "x.npz", x=np.zeros(2))
    path = str(tmp_path / "x.npz")
    assert refusal(npy, path, path).startswith("data.source.path: must be an .npy file")


# --- several targets, groups, and columns of lists


def test_several_targets_are_columns_of_y(source, path_of):
    x, y = source(path_of(), ["count", "kind"], test_path=path_of(FRAME[::-1], "test"))[0]
    assert (y.tolist(), y.dtype) == ([[1, 2], [2, 0], [3, 2], [4, 1]], np.int64)
    assert x.tolist() == [[1.5, 1], [2.5, 0], [3.5, 1], [4.5, 0]]
    _, mixed = source(path_of(), ["width", "open"])
    assert (mixed.tolist(), mixed.dtype) == ([[1.5, 1], [2.5, 0], [3.5, 1], [4.5, 0]], np.float32)


def test_targets_that_are_none_twice_or_missing(source, path_of):
    path = path_of()
    assert refusal(source, path, []) == "data.source.target: must name a column. Received: []"
    assert refusal(source, path, ["kind", "kind"]) == (
        "data.source.target[0]: must not name a column twice. Received: kind"
    )
    assert refusal(source, path, ["kind", "cuont"]).startswith("data.source.target[1]: must name")


@pytest.mark.parametrize("column", ["name", "count"])
def test_a_group_is_no_feature(source, path_of, column):
    x, y, groups = source(path_of(), "kind", group=column)
    assert groups.tolist() == FRAME[column].tolist()
    assert x.shape[1] == (3 if column == "name" else 2)
    assert len(x) == len(y) == len(groups)
    message = refusal(source, path_of(), "kind", features=["count"], group="count")
    assert message == "data.source.features[0]: must not be the group. Received: count"


def test_a_group_lacks_no_values(source, path_of):
    message = refusal(
        source, path_of(FRAME.assign(name=["a", None, "b", "c"])), "kind", group="name"
    )
    assert message.endswith("holds groups and lacks values. Received: 1 of 4 rows without")


@pytest.fixture(params=[parquet, feather], ids=["parquet", "feather"])
def nested(request, tmp_path):
    """A source that may have lists, and a way to write a frame for it."""

    def write_there(frame, name="lists"):
        return write(tmp_path / f"{name}.{request.param.__name__}", frame)

    return request.param, write_there


def lists(**columns):
    return pd.DataFrame({"y": [0, 1], **columns})


def test_a_list_becomes_several_columns(nested):
    source, write_there = nested
    path = write_there(lists(a=[[1, 2], [3, 4]], b=[5.0, 6.0]))
    x, _ = source(path, "y", features=["b", "a"])
    assert x.tolist() == [[5, 1, 2], [6, 3, 4]]
    assert source(path, "y")[0].tolist() == [[5], [6]]


def test_lists_of_lists_alone_keep_their_shape(nested):
    source, write_there = nested
    path = write_there(lists(a=[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]))
    x, _ = source(path, "y", features="a")
    assert (x.tolist(), x.dtype) == ([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], np.float32)


def test_lists_may_be_filled(nested):
    source, write_there = nested
    path = write_there(lists(a=[[1.0, None], [3.0, 4.0]]))
    assert "1 missing in lists" in refusal(source, path, "y", features="a")
    assert source(path, "y", features="a", fill=9)[0].tolist() == [[1, 9], [3, 4]]


@pytest.mark.parametrize(
    ("column", "received"),
    [
        ([[1, 2], [3]], "lengths 1 to 2"),
        ([["a"], ["b"]], "['a']"),
        ([[1], None], "1 of 2 rows without"),
    ],
)
def test_lists_that_are_no_rows(nested, column, received):
    source, write_there = nested
    message = refusal(source, write_there(lists(a=column)), "y", features="a")
    assert message.startswith("data.source.path: column 'a' of")
    assert message.endswith(f"Received: {received}")


def test_lists_of_a_test_part_are_as_long(nested):
    source, write_there = nested
    path = write_there(lists(a=[[1, 2], [3, 4]]))
    other = write_there(lists(a=[[1], [3]]), "test")
    message = refusal(source, path, "y", features="a", test_path=other)
    assert message == (
        f"data.source.test_path: must have lists as long as those of {path}, (2,). Received: (1,)"
    )
