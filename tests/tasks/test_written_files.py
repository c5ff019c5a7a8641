"""What of the files that a script writes is compared: their content, not when or where."""

from __future__ import annotations

import os

import pytest

from runner.tasks.script.written_files import fingerprint_written, name_stage


def write(directory, files):
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return fingerprint_written(directory, {})


def record(event: bytes) -> bytes:
    """A record of TensorBoard's file, with checks that nobody reads."""
    return len(event).to_bytes(8, "little") + b"crc." + event + b"crc."


def events(time: bytes, *contents: bytes) -> bytes:
    return b"".join(record(b"\x09" + time + each) for each in contents)


ALIKE = {
    "a Hydra application's directory": (
        {"outputs/2026-11-28/17-24-56/main.log": "[2026-11-28 17:24:56,123] score 0.5"},
        {"outputs/2026-11-29/07-04-05/main.log": "[2026-11-29 07:04:05,001] score 0.5"},
    ),
    "seconds since 1970": ({"logs/1732788297/a.txt": "0.5"}, {"logs/1732788299/a.txt": "0.5"}),
    "a date in one word": ({"run_20261128_172456.csv": "1,2"}, {"run_20261129_080000.csv": "1,2"}),
    "a unique id": (
        {"run-0f8fad5b-d9cb-469f-a165-70867728950e/a.txt": "0.5"},
        {"run-7c9e6679-7425-40de-944b-e07fc1f90ae7/a.txt": "0.5"},
    ),
    "TensorBoard's files": (
        {"events.out.tfevents.1732788297.one.12.0.v2": events(b"12345678", b"v", b"0.5")},
        {"events.out.tfevents.1732788299.two.34.0.v2": events(b"87654321", b"v", b"0.5")},
    ),
    "ids in another order": (
        {
            "0f8fad5b-d9cb-469f-a165-70867728950e.txt": "0.5",
            "7c9e6679-7425-40de-944b-e07fc1f90ae7.txt": "0.75",
        },
        {
            "1f8fad5b-d9cb-469f-a165-70867728950e.txt": "0.75",
            "2c9e6679-7425-40de-944b-e07fc1f90ae7.txt": "0.5",
        },
    ),
}

DIFFERENT = {
    "a number in a log": (
        {"outputs/2026-11-28/17-24-56/main.log": "score 0.5"},
        {"outputs/2026-11-28/17-24-56/main.log": "score 0.25"},
    ),
    "ten digits of a number": ({"a.txt": "1234567890"}, {"a.txt": "1234567891"}),
    "digits after a point": ({"a.txt": "0.20261128"}, {"a.txt": "0.20261129"}),
    "a score in a name": ({"model_0.93.h5": "x"}, {"model_0.94.h5": "x"}),
    "ten digits of a score in a name": ({"m_0.1234567890": "x"}, {"m_0.1234567891": "x"}),
    "an event of TensorBoard's": (
        {"events.out.tfevents.1732788297.one.12.0.v2": events(b"12345678", b"v", b"0.5")},
        {"events.out.tfevents.1732788297.one.12.0.v2": events(b"12345678", b"v", b"0.6")},
    ),
    "one of several files whose names are ids": (
        {
            "0f8fad5b-d9cb-469f-a165-70867728950e.txt": "0.5",
            "7c9e6679-7425-40de-944b-e07fc1f90ae7.txt": "0.75",
        },
        {
            "0f8fad5b-d9cb-469f-a165-70867728950e.txt": "0.5",
            "7c9e6679-7425-40de-944b-e07fc1f90ae7.txt": "0.5",
        },
    ),
}


@pytest.mark.parametrize("case", ALIKE)
def test_when_and_by_whom_files_were_written_tells_nothing(case, tmp_path):
    one, other = (write(tmp_path / str(i), files) for i, files in enumerate(ALIKE[case]))
    assert one == other


@pytest.mark.parametrize("case", DIFFERENT)
def test_what_they_hold_is_compared(case, tmp_path):
    one, other = (write(tmp_path / str(i), files) for i, files in enumerate(DIFFERENT[case]))
    assert one != other


def test_the_directory_of_the_run_in_a_text_tells_nothing(tmp_path):
    places = [tmp_path / name for name in ("0", "1")]
    one, other = (write(each, {"config.yaml": f"cwd: {each}{os.sep}conf\n"}) for each in places)
    assert one == other
    assert one != write(tmp_path / "2", {"config.yaml": "cwd: /elsewhere/conf\n"})


def test_a_torn_file_of_tensorboard_is_compared_byte_for_byte(tmp_path):
    name = "events.out.tfevents.1732788297.one.12.0.v2"
    whole = events(b"12345678", b"v", b"0.5")
    torn = write(tmp_path / "0", {name: whole[:-3]})
    assert torn == write(tmp_path / "1", {name: whole[:-3]})
    assert torn != write(tmp_path / "2", {name: whole})


@pytest.mark.parametrize("name", ["fold_2026.csv", "weights-01-0.25.keras", "ckpt-100.index"])
def test_ordinary_names_stay(name):
    assert name_stage(name) == f"files/{name}"
