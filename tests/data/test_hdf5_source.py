"""HDF5 files as rows."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from runner.data.hdf5_source import hdf5
from runner.errors import ConfigError

X = np.arange(24, dtype=np.uint8).reshape(6, 2, 2)
Y = np.arange(6) % 3


@pytest.fixture
def path(tmp_path):
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        file["x"], file["y"] = X, Y
        file["held/x"], file["held/y"] = X[:2], Y[:2]
        file["words"] = list("aabbcc")
        file["short"] = Y[:4]
        file["number"] = 3
        file.create_dataset("shrunk", data=Y, compression="gzip")
    return str(tmp_path / "rows.h5")


def refusal(*arguments, **named):
    with pytest.raises(ConfigError) as caught:
        hdf5(*arguments, **named)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_datasets_keep_their_types(path):
    x, y = hdf5(path)
    assert np.array_equal(x, X)
    assert np.array_equal(y, Y)
    assert (x.dtype, y.dtype) == (X.dtype, Y.dtype)
    assert np.array_equal(hdf5(path, y="shrunk")[1], Y)


def test_a_test_part_and_groups(path):
    _, (x, y) = hdf5(path, x_test="held/x", y_test="/held/y")
    assert (len(x), y.tolist()) == (2, [0, 1])
    assert hdf5(path, group="words")[2].tolist() == list("aabbcc")


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (
            {"y": "z"},
            "data.source.y: must name a dataset of {path} (held/x, held/y, number, short, shrunk,"
            " words, x, y). Received: z",
        ),
        (
            {"x": "held"},
            "data.source.x: must name a dataset of {path} (held/x, held/y, number, short, shrunk,"
            " words, x, y). Received: held. Did you mean 'held/y'?",
        ),
        (
            {"y": "short"},
            "data.source.path: x and short of {path} must have as many rows. Received: 6 and 4",
        ),
        (
            {"y": "number"},
            "data.source.y: must hold an array with a row for each example, of numbers or text."
            " Received: int64, shape (), in number of {path}",
        ),
        (
            {"x_test": "held/x"},
            "data.source.y_test: must be given together with data.source.x_test. Received: null",
        ),
        (
            {"y_test": "held/y"},
            "data.source.x_test: must be given together with data.source.y_test. Received: null",
        ),
    ],
)
def test_what_is_refused(path, named, message):
    said = refusal(path, **named)
    assert said.partition(" Did you")[0] == message.format(path=path).partition(" Did you")[0]


def test_files_that_are_none(tmp_path):
    (tmp_path / "a.h5").write_text("x")
    name = str(tmp_path / "a.h5")
    assert refusal(name) == f"data.source.path: must be an HDF5 file. Received: {name}"
    assert refusal("no.h5") == "data.source.path: no such file. Received: no.h5"


def test_what_lies_in_another_file_is_not_read(tmp_path, path):
    """The check of paths has seen one file only."""
    raw = tmp_path / "secret.bin"
    raw.write_bytes(bytes(48))
    with h5py.File(tmp_path / "links.h5", "w") as file:
        file["y"] = Y
        file["x"] = h5py.ExternalLink(path, "x")
        external = [(str(raw), 0, 48)]
        file.create_dataset("raw", (6,), np.int64, external=external)
        layout = h5py.VirtualLayout((6,), np.int64)
        layout[:] = h5py.VirtualSource(path, "y", (6,))
        file.create_virtual_dataset("virtual", layout)
    links = str(tmp_path / "links.h5")
    assert "data.source.x: must name a dataset of" in refusal(links)
    for name in ("raw", "virtual"):
        assert refusal(links, x=name) == (
            f"data.source.x: must be stored in the file itself. Received: {name} of {links}"
        )
