"""Tests that arrays are read as NumPy reads them, from any file that NumPy writes or refuses."""

import io
import zipfile

import numpy as np
import pytest

from runner.record import array_file
from runner.record.array_file import unpack


def pack(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def numpy_reads(data: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4),
        np.array([[np.nan, -0.0, np.inf]], np.float64),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(5, dtype=">i4"),
        np.zeros((0, 3), np.uint64),
        np.array(3.5),
        np.array([True, False]),
        np.array(["a", "long"]),
        np.array([1 + 2j]),
        np.arange(1000)[::7],
        np.zeros(4, [("a", "i4"), ("b", "f8")]),
    ],
    ids=lambda each: f"{each.dtype.str}{each.shape}",
)
def test_arrays_are_those_that_numpy_reads(array: np.ndarray) -> None:
    data = pack(outputs=array, inputs=np.arange(3, dtype=np.uint64))
    found, expected = unpack(data), numpy_reads(data)
    assert list(found) == list(expected)
    for name, each in expected.items():
        assert found[name].dtype == each.dtype
        assert found[name].shape == each.shape
        assert found[name].tobytes() == each.tobytes()
        assert found[name].flags.writeable
        assert found[name].flags.aligned


def test_what_numpy_writes_is_read_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pack(outputs=np.ones((1, 2, 3, 4), np.float32), inputs=np.arange(3, dtype=np.uint64))
    monkeypatch.delattr(array_file, "_unpack_slowly")
    assert list(unpack(data)) == ["outputs", "inputs"]


def test_compressed_files_are_refused() -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, outputs=np.zeros(100_000))
    with pytest.raises(ValueError, match="it is compressed"):
        unpack(buffer.getvalue())


def test_objects_are_refused() -> None:
    with pytest.raises(ValueError, match="Object arrays"):
        unpack(pack(outputs=np.array([{}], dtype=object)))


@pytest.mark.parametrize("cut", [0, 3, 29, 31, 60, 100, 170, 400, -1, -30])
def test_files_that_are_cut_short_are_refused_or_read_as_numpy_does(cut: int) -> None:
    data = pack(outputs=np.arange(20.0), inputs=np.arange(3))[:cut]
    with pytest.raises((ValueError, zipfile.BadZipFile, EOFError)):
        numpy_reads(data)
    with pytest.raises(ValueError, match=r"."):
        unpack(data)


def test_any_altered_byte_gives_an_error_or_arrays_of_the_file() -> None:
    data = pack(outputs=np.arange(4.0), inputs=np.arange(2))
    for place in range(len(data)):
        altered = data[:place] + bytes([data[place] ^ 0x41]) + data[place + 1 :]
        try:
            found = unpack(altered)
        except ValueError:
            continue
        assert all(len(each.tobytes()) <= len(data) for each in found.values())
