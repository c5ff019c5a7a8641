"""The files that a program leaves: nothing that they say is lost, or it is refused."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from runner.errors import ConfigError
from runner.record.fingerprint import digest
from runner.record.record import NAMES
from runner.tasks.command import fill
from runner.tasks.command_files import read_metrics, read_outputs
from runner.tasks.csv_columns import read_columns, text_code
from runner.tasks.returned_values import read_returned


@pytest.fixture
def table(tmp_path):
    """Read the text of a CSV file as outputs: (input, unit), and the digest of its names."""

    def read(text):
        (tmp_path / "p.csv").write_text(text)
        returned = read_returned(read_outputs(tmp_path, ["p.csv"]), "k", ("input", "unit"), 1)
        return returned.outputs[0, 0], returned.stages.get(NAMES)

    return read


def refusal(read, *arguments):
    with pytest.raises(ConfigError) as raised:
        read(*arguments)
    assert "\n" not in str(raised.value)
    return str(raised.value)


# --- tables


def test_texts_are_columns_too(table):
    first, _ = table("id,label\n0,cat\n1,dog\n2,cat\n")
    assert first.dtype == np.int64
    assert first[0, 1] == first[2, 1] != first[1, 1]
    other, _ = table("id,label\n0,cat\n1,cow\n2,cat\n")
    assert (first != other).tolist() == [[False, False], [False, True], [False, False]]


def test_a_text_s_code_is_the_same_everywhere_and_exact_in_a_float():
    assert text_code("cat") == 8_422_112_550_480_629
    codes = [text_code(str(number)) for number in range(2000)] + [text_code("")]
    assert len(set(codes)) == 2001
    assert all(-(2**53) <= code < 2**53 and int(float(code)) == code for code in codes)


@pytest.mark.parametrize(("one", "other"), [("NA", "None"), ("", "null"), ("cat", " cat")])
def test_what_stands_for_no_number_is_a_text_among_texts(table, one, other):
    a, b = (table(f'x,y\ndog,1\n"{text}",1\n')[0] for text in (one, other))
    assert a[1, 0] != b[1, 0]


def test_booleans_are_one_and_nought(table):
    values, _ = table("id,hit\n5,True\n6,False\n")
    assert values.tolist() == [[5, 1], [6, 0]]
    values, _ = table("hit\ntrue\nmaybe\n")
    assert values[1, 0] == text_code("maybe")


@pytest.mark.parametrize(
    ("text", "shape", "named"),
    [
        ("1.5,2.5\n3.5,4.5\n", (2, 2), False),
        ("nan,-1e-3\n3.5,.5\n", (2, 2), False),
        ("0,1\n1,0\n", (2, 2), False),
        ("a,b\n3.5,4.5\n", (1, 2), True),
        ("0,1,2\n0.5,0.25,0.25\n", (1, 3), True),
        (",0,1\n0,1,2\n", (1, 3), True),
        ("a,b\nx,1.5,2.5\ny,1.5,2.5\n", (2, 3), True),
        ("\ufeffa\n\n1\n", (1, 1), True),
    ],
)
def test_a_first_line_of_numbers_is_no_header(table, text, shape, named):
    values, names = table(text)
    assert values.shape == shape
    assert (names is not None) == named


def test_names_of_columns_count(table):
    assert table("cat,dog\n1,2\n")[1] != table("dog,cat\n1,2\n")[1]
    assert table("cat,dog\n1,2\n")[1] == table("cat,dog\n3,4\n")[1]


def test_numbers_are_read_to_the_last_bit(table):
    values = np.random.default_rng(0).normal(size=(200, 3)) * 10.0 ** np.arange(-300, 300, 200)
    values[0] = [0.10000000000000002, -0.0, 5e-324]
    read, _ = table("a,b,c\n" + "\n".join(",".join(map(repr, row)) for row in values.tolist()))
    assert read.tobytes() == values.tobytes()


def test_tables_of_numbers_have_the_values_that_pandas_gives(tmp_path):
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, None, -2.25], "c": [7, 8, -9]})
    frame.to_csv(tmp_path / "p.csv", index=False)
    expected = pd.read_csv(tmp_path / "p.csv").to_numpy()
    (found,) = read_outputs(tmp_path, ["p.csv"]).values()
    assert digest(found.values) == digest(expected)
    frame[["a", "c"]].to_csv(tmp_path / "p.csv")
    (found,) = read_outputs(tmp_path, ["p.csv"]).values()
    assert digest(found.values) == digest(pd.read_csv(tmp_path / "p.csv").to_numpy())


def test_large_integers_are_kept_where_no_float_stands_beside_them(table):
    values, _ = table(f"a,b\n{2**53 + 1},1\n{2**53},2\n")
    assert values[:, 0].tolist() == [2**53 + 1, 2**53]
    values, _ = table(f"a\n{2**64 - 1}\n0\n")
    assert values[:, 0].tolist() == [2**64 - 1, 0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"a,b\n{2**53 + 1},0.5\n", "one type holds exactly. Received: float64, int64"),
        (f"a\n{2**53 + 1}\n0.5\n", "column of floats, which would round it"),
        (f"a\n{2**64}\n", "18446744073709551616 has more than 64 bits"),
        ("a,b\n", "it has a header and no rows"),
        ("", "it is empty"),
        ("a,b\n1,2\n3\n", "its lines have 1 and 2 fields"),
    ],
)
def test_tables_that_would_lose_something_are_refused(table, text, reason):
    assert reason in refusal(table, text)


def test_a_column_of_nothing_is_missing(tmp_path):
    (tmp_path / "p.csv").write_text("a,b\n1,\n2,\n")
    _, empty = read_columns(tmp_path / "p.csv").columns
    assert all(map(math.isnan, empty))


# --- several files


def save(directory, **files):
    """`train__p=array` is written to train/p.npy, a dictionary of arrays to .npz."""
    for name, value in files.items():
        path = directory / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        if isinstance(value, dict):
            np.savez(path.with_suffix(".npz"), **value)
        else:
            np.save(path.with_suffix(".npy"), value)


def test_files_of_one_name_do_not_replace_each_other(tmp_path):
    save(tmp_path, train__p=np.zeros(2), test__p=np.ones(2), q=np.ones(2))
    found = read_outputs(tmp_path, ["train/p.npy", "./test/p.npy", "q.npy"])
    assert [*found] == ["train/p", "test/p", "q"]
    assert found["train/p"].tolist() == [0, 0]


def test_arrays_of_one_name_do_not_replace_each_other(tmp_path):
    save(tmp_path, train={"arr_0": np.zeros(2)}, val={"arr_0": np.ones(2), "x": np.ones(2)})
    found = read_outputs(tmp_path, ["train.npz", "val.npz"])
    assert [*found] == ["train/arr_0", "val/arr_0", "x"]


def test_a_file_named_twice_is_one(tmp_path):
    save(tmp_path, p=np.zeros(2))
    assert [*read_outputs(tmp_path, ["p.npy", "./p.npy"])] == ["p"]


def test_names_that_collide_all_the_same_are_refused(tmp_path):
    save(tmp_path, a=np.zeros(2), val={"inputs": np.zeros(2)}, train={"inputs": np.zeros(2)})
    (tmp_path / "a.csv").write_text("x\n1\n")
    rule = "task.outputs: must not give one name in two files. Received: "
    assert refusal(read_outputs, tmp_path, ["a.npy", "a.csv"]) == f"{rule}a"
    assert refusal(read_outputs, tmp_path, ["train.npz", "val.npz"]) == f"{rule}inputs"


@pytest.mark.parametrize("text", ['{"a": [1], "a": [2]}', '{"x.a": [1], "x": {"a": [2]}}'])
def test_json_that_says_a_name_twice_is_refused(tmp_path, text):
    (tmp_path / "p.json").write_text(text)
    assert "a twice" in refusal(read_outputs, tmp_path, ["p.json"])


def test_an_archive_of_which_numpy_would_give_one_array_twice_is_refused(tmp_path):
    save(tmp_path, p={"a": np.zeros(2), "a.npy": np.ones(2)})
    assert "a twice" in refusal(read_outputs, tmp_path, ["p.npz"])


@pytest.mark.parametrize(
    ("name", "content"), [("p.json", b"{}"), ("p.npz", b"PK\5\6" + bytes(18)), ("p.npz", b"PK")]
)
def test_a_file_that_holds_nothing_is_an_error(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    said = refusal(read_outputs, tmp_path, [name])
    assert "nothing could be read from this file" in said or "cannot be read" in said


# --- metrics


def test_metrics_are_read_from_every_kind_of_file(tmp_path):
    save(tmp_path, m={"accuracy": 0.5, "name": np.array("x"), "curve": np.ones(3)})
    (tmp_path / "m.json").write_text(json.dumps({"test": {"loss": 1}, "date": "today"}))
    (tmp_path / "m.csv").write_text("epoch,phase,f1\n0,warm,0.25\n1,cold,0.75\n")
    found = read_metrics(tmp_path, ["m.npz", "m.json", "m.csv"])
    assert found == {"accuracy": 0.5, "test.loss": 1, "epoch": 1, "f1": 0.75}


def test_metrics_of_one_name_are_called_by_their_files(tmp_path):
    (tmp_path / "val").mkdir()
    for name, loss in (("m.json", 1.0), ("val/m.json", 2.0)):
        (tmp_path / name).write_text(json.dumps({"loss": loss, name: 0}))
    found = read_metrics(tmp_path, ["m.json", "val/m.json"])
    assert found == {"m/loss": 1.0, "m.json": 0, "val/m/loss": 2.0, "val/m.json": 0}


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("m.csv", "loss,accuracy\n", "must have a header that names its metrics, and a line of"),
        ("m.csv", "0.5,0.25\n", "must have a header that names its metrics, and a line of"),
        ("m.csv", "loss,loss\n1,2\n", "must not call two columns 'loss'. Received: m.csv"),
        ("m.csv", "phase\nwarm\n", "nothing could be read from this file. Received: m.csv"),
        ("m.json", '{"date": "today"}', "nothing could be read from this file. Received: m.json"),
    ],
)
def test_a_file_without_metrics_is_an_error(tmp_path, name, text, reason):
    (tmp_path / name).write_text(text)
    assert reason in refusal(read_metrics, tmp_path, [name])


# --- arguments that name files


@pytest.mark.parametrize(
    ("argument", "whole"),
    [
        ("train.py", True),
        ("out.npy", False),
        ("./out.npy", False),
        ("out", False),
        ("run", False),
        ("new.py", False),
    ],
)
def test_what_a_program_is_to_write_is_never_the_file_that_lies_there(tmp_path, argument, whole):
    for name in ("train.py", "out.npy", "out", "run"):
        (tmp_path / name).touch()
    filled = fill(argument, {}, tmp_path, ["out.npy", "run/m.json"])
    assert filled == (str(tmp_path / argument) if whole else argument)
