"""A record comes back as it was written, or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import math
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.errors import RecordError
from runner.record.fields import build
from runner.record.format_2 import read_reason
from runner.record.reasons import Clause, Reason, at_most, count
from runner.record.record import (
    CONFIGURATIONS,
    FORMAT,
    MULTIRUN,
    OUTPUTS,
    RECORD,
    Comparing,
    ConfigurationRecord,
    OutputPart,
    Predicted,
    Rounds,
    RunArrays,
    RunRecord,
)
from runner.record.store import read_arrays, read_run, write_atomically, write_run

quick = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

SHARED = ConfigurationRecord(
    id="0123456789ab",
    overrides={"seed": "random", "model": "mlp"},
    strategy="random",
    compare=Comparing(rtol=1e-4, atol=1e-7, confidence=0.9),
    claims=[{"text": "it varies", "across_runs": "differs"}],
    vary=["init"],
    absent=["augment"],
    predicted={"runs": Predicted("differs", "weights")},
)
DEAD = Reason(
    [
        Clause("units-dead", "dense (relu)", numbers={"units": count(4)}),
        Clause("before-most", words={"what": "relu"}, numbers={"sums": at_most(-math.inf)}),
    ]
)
FULL = RunRecord(
    configuration=SHARED,
    job=3,
    replicate=1,
    replay_of=0,
    status="ok",
    retried=["ValueError: once"],
    seeds={"value": 0},
    metrics=[{"loss": 0.1, "accuracy": 0.9375}, {"loss": 1e-300, "accuracy": 1.0}],
    fingerprints=[{"data": "00ff", "outputs": "ab"}, {"data": "00ff", "outputs": "cd"}],
    digest="0123456789abcdef",
    collapse=[None, DEAD],
    environment={"python": "3.11.4", "cpus": 2, "xla": None, "gpus": 0},
    wall_s=0.1 + 0.2,
    peak_rss_bytes=2**53 + 1,
    hash_seed=0,
    host="node7",
    boot="0f1d",
    visible_devices="GPU-0a",
    history=[{"epoch": [0.0, 1.0], "loss": [0.5, 0.1]}, {"epoch": [0.0], "loss": [1e-300]}],
    output_parts=[OutputPart("class", 10), OutputPart("box/0", 4)],
    resume_of=0,
    resume_at=2,
)
FAILED = RunRecord(
    configuration=ConfigurationRecord("0123456789ab"),
    job=0,
    replicate=0,
    replay_of=None,
    status="failed",
    error='ValueError: "ü" \\ is no number\n\x00',
)
ARRAYS = RunArrays(
    outputs=np.arange(24, dtype=np.float32).reshape(2, 2, 3, 2),
    inputs=np.array([0, 1, 2**64 - 1], dtype=np.uint64),
    targets=np.array([0, 2, 1]),
)


@pytest.fixture
def written(tmp_path):
    """The record on disk, with its arrays."""
    return write_run(tmp_path, FULL, ARRAYS, shared=tmp_path)


@pytest.fixture
def whole(tmp_path):
    """The bytes of a record.json."""
    write_run(tmp_path, FULL, shared=tmp_path)
    return (tmp_path / RECORD).read_bytes()


def seal(body):
    """A record.json with any body and a checksum that fits it."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return json.dumps({**body, "checksum": hashlib.sha256(text.encode()).hexdigest()}).encode()


def body_of(directory: Path):
    body = json.loads((directory / RECORD).read_bytes())
    del body["checksum"]
    return body


def rewrite_arrays(directory: Path, **arrays):
    """Replace outputs.npz and return a record whose checksum fits it."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    (directory / OUTPUTS).write_bytes(buffer.getvalue())
    return replace(FULL, outputs_sha256=hashlib.sha256(buffer.getvalue()).hexdigest())


# --- round trip


@pytest.mark.parametrize("record", [FULL, FAILED])
def test_a_record_comes_back_equal(tmp_path, record):
    written = write_run(tmp_path / "new" / "place", record, shared=tmp_path / "new")
    assert written == record
    assert read_run(tmp_path / "new" / "place" / RECORD) == record


def test_arrays_come_back_bit_by_bit(tmp_path, written):
    assert written == replace(FULL, outputs_sha256=written.outputs_sha256)
    record = read_run(tmp_path / RECORD)
    assert record == written
    arrays = read_arrays(tmp_path, record)
    assert arrays.outputs.dtype == np.float32
    assert arrays.outputs.tobytes() == ARRAYS.outputs.tobytes()
    assert arrays.inputs.tolist() == [0, 1, 2**64 - 1]


@pytest.mark.parametrize("dtype", ["bool", "int32", "int64", "uint8", "float16", "float64", ">f4"])
def test_arrays_of_every_numeric_type_come_back(tmp_path, dtype):
    arrays = replace(ARRAYS, outputs=ARRAYS.outputs.astype(dtype))
    record = write_run(tmp_path, FULL, arrays, shared=tmp_path)
    assert read_arrays(tmp_path, record).outputs.dtype == np.dtype(dtype)


def test_the_bits_of_special_floats_come_back(tmp_path):
    bits = np.array([0x7FC00001, 0xFFC00000, 0x80000000, 0x7F800000, 1, 0], dtype=np.uint32)
    arrays = replace(ARRAYS, outputs=bits.view(np.float32).reshape(1, 1, 3, 2))
    record = write_run(tmp_path, FULL, arrays, shared=tmp_path)
    assert read_arrays(tmp_path, record).outputs.tobytes() == bits.tobytes()


def test_metrics_that_are_no_numbers_survive(tmp_path):
    metrics = [{"loss": math.nan, "accuracy": math.inf, "other": -math.inf, "zero": -0.0}]
    write_run(tmp_path, replace(FULL, metrics=metrics), shared=tmp_path)
    (back,) = read_run(tmp_path / RECORD).metrics
    assert math.isnan(back["loss"])
    assert (back["accuracy"], back["other"]) == (math.inf, -math.inf)
    assert math.copysign(1, back["zero"]) == -1


def test_how_far_rounds_may_go_is_read_back(tmp_path):
    shared = replace(SHARED, rounds=Rounds(6, 40, 2, 100, 0.5))
    record = replace(FAILED, configuration=shared)
    write_run(tmp_path / "0", record, None, shared=tmp_path)
    assert read_run(tmp_path / "0" / RECORD).configuration == shared


def test_missing_is_none_or_empty_and_never_zero():
    missing = {item.name: getattr(FAILED, item.name) for item in fields(RunRecord)[6:]}
    assert missing == {
        "seeds": {},
        "metrics": [],
        "fingerprints": [],
        "digest": None,
        "outputs_sha256": None,
        "retried": [],
        "collapse": [],
        "environment": {},
        "wall_s": None,
        "peak_rss_bytes": None,
        "hash_seed": None,
        "signal": None,
        "warm_parent": None,
        "host": None,
        "boot": None,
        "visible_devices": None,
        "facts": [],
        "build_facts": [],
        "history": [],
        "output_parts": [],
        "timelines": [],
        "resume_of": None,
        "resume_at": None,
        "ended_at": None,
    }
    bare = ConfigurationRecord("0123456789ab")
    assert {item.name: getattr(bare, item.name) for item in fields(bare)[1:]} == {
        "overrides": {},
        "strategy": "unset",
        "compare": Comparing(1e-5, 1e-8, 0.95),
        "claims": [],
        "vary": None,
        "absent": [],
        "predicted": {},
        "scope": "",
        "preload": [],
        "drawn": {},
        "ignore": {},
        "rounds": None,
    }


def test_a_record_is_text_that_a_person_can_read(tmp_path, written):
    lines = (tmp_path / RECORD).read_text().splitlines()
    assert ' "configuration": "0123456789ab",' in lines
    assert f' "format": {FORMAT},' in lines


# --- damage: an error or the whole truth, never something else


@quick
@given(st.data())
def test_a_truncated_record_is_refused(tmp_path, whole, data):
    path = tmp_path / RECORD
    end = data.draw(st.integers(0, len(whole) - 1))
    path.write_bytes(whole[:end])
    with pytest.raises(RecordError, match=r"record\.json"):
        read_run(path)


@quick
@given(st.data(), st.integers(1, 255))
def test_a_flipped_byte_is_refused_or_changes_nothing(tmp_path, whole, data, flip):
    path = tmp_path / RECORD
    damaged = bytearray(whole)
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= flip
    path.write_bytes(damaged)
    try:
        found = read_run(path)
    except RecordError:
        return
    # Such as a tab for a space between two fields, or 1E-05 for 1e-05.
    assert found == FULL


def test_every_flipped_digit_of_a_value_is_refused(tmp_path, whole):
    path = tmp_path / RECORD
    digits = [i for i, byte in enumerate(whole) if chr(byte) in "23456789"]
    assert len(digits) > 50
    for place in digits:
        path.write_bytes(whole[:place] + b"1" + whole[place + 1 :])
        with pytest.raises(RecordError):
            read_run(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"3",
        b'"checksum"',
        b'{"checksum": 1}',
        b"\xff\xfe\x00",
        b"{" * 9,
    ],
)
def test_what_is_no_record_is_refused(tmp_path, data):
    path = tmp_path / RECORD
    path.write_bytes(data)
    with pytest.raises(RecordError) as caught:
        read_run(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_record_or_a_directory_is_refused(tmp_path):
    with pytest.raises(RecordError, match="cannot be read as a record"):
        read_run(tmp_path / RECORD)
    (tmp_path / RECORD).mkdir()
    with pytest.raises(RecordError, match="cannot be read as a record"):
        read_run(tmp_path / RECORD)


@pytest.mark.parametrize("version", [FORMAT + 1, 1, None, "3", "2"])
def test_another_format_is_refused(tmp_path, written, version):
    path = tmp_path / RECORD
    path.write_bytes(seal({**body_of(tmp_path), "format": version}))
    with pytest.raises(RecordError, match=f"format {version} is not known here, which reads 3"):
        read_run(path)


def test_what_is_missing_or_of_another_type_is_named(tmp_path, written):
    body = body_of(tmp_path)
    path = tmp_path / RECORD
    path.write_bytes(seal({k: v for k, v in body.items() if k != "status"}))
    with pytest.raises(RecordError, match=r": status missing or of another type"):
        read_run(path)
    path.write_bytes(seal({**body, "job": "x", "metrics": 5, "wall_s": 1, "hash_seed": True}))
    with pytest.raises(RecordError, match=r": hash_seed, job, metrics missing or of another"):
        read_run(path)
    for name in ("configuration", "described_by"):
        path.write_bytes(seal({k: v for k, v in body.items() if k != name}))
        with pytest.raises(RecordError, match=f"cannot be read as a record .*{name}"):
            read_run(path)


# --- formats that grow


def test_a_field_that_a_file_lacks_has_its_default(tmp_path, written):
    body = body_of(tmp_path)
    for name, default in (("seeds", {}), ("retried", []), ("digest", None)):
        (tmp_path / RECORD).write_bytes(seal({k: v for k, v in body.items() if k != name}))
        assert read_run(tmp_path / RECORD) == replace(written, **{name: default})


def test_a_field_of_a_later_version_is_passed_over(tmp_path, written):
    (tmp_path / RECORD).write_bytes(seal({**body_of(tmp_path), "mood": {"of": ["the day"]}}))
    assert read_run(tmp_path / RECORD) == written


def test_a_dataclass_that_grew_reads_what_was_written_before(tmp_path, written):
    @dataclass(frozen=True)
    class Grown(RunRecord):
        grown: list[float] = field(default_factory=list)
        stopped: Predicted | None = None

    body = {**body_of(tmp_path), "configuration": asdict(SHARED)}
    assert build(Grown, body).grown == []
    later = build(Grown, {**body, "grown": [1.0], "stopped": {"state": "same", "reason": "so"}})
    assert (later.grown, later.stopped) == ([1.0], Predicted("same", "so"))
    with pytest.raises(ValueError, match=r"^stopped$"):
        build(Grown, {**body, "stopped": {"state": "same"}})


def test_a_record_of_format_2_is_split(tmp_path):
    shared = asdict(SHARED)
    body = {**asdict(replace(FULL, configuration=ConfigurationRecord(""))), **shared}
    body |= {"format": 2, "configuration": body.pop("id"), "compare": asdict(SHARED.compare)}
    body["predicted"] = {"runs": ["differs", "weights"]}
    body["collapse"] = [None, "dense: its kernel is all zeros"]
    (tmp_path / RECORD).write_bytes(seal(body))
    found = read_run(tmp_path / RECORD)
    assert replace(found, collapse=FULL.collapse) == FULL
    assert found.collapse == [None, read_reason("dense: its kernel is all zeros")]


@pytest.mark.parametrize(
    ("error", "signal"),
    [
        ("killed by SIGKILL\nlast words", "SIGKILL"),
        ("killed by SIGSEGV", "SIGSEGV"),
        ("killed by signal 40", None),
        ("ValueError: killed by SIGKILL", None),
        ("killed by SIGKILL: before the end", None),
        (None, None),
    ],
)
def test_a_record_of_format_2_says_the_signal_in_its_error(tmp_path, error, signal):
    body = {**asdict(replace(FAILED, error=error)), "format": 2, "configuration": "0123456789ab"}
    del body["signal"]
    (tmp_path / RECORD).write_bytes(seal(body))
    assert read_run(tmp_path / RECORD).signal == signal


# --- the configuration's record


def file_of(directory: Path):
    return directory / CONFIGURATIONS / f"{SHARED.key}.json"


def test_the_configuration_is_written_once_and_shared(tmp_path):
    for job in range(3):
        write_run(tmp_path / str(job), replace(FULL, job=job), shared=tmp_path)
    assert list((tmp_path / CONFIGURATIONS).iterdir()) == [file_of(tmp_path)]
    known = {}
    runs = [read_run(tmp_path / str(job) / RECORD, known) for job in range(3)]
    assert [run.job for run in runs] == [0, 1, 2]
    assert all(run.configuration is runs[0].configuration for run in runs)
    assert runs[0].configuration == SHARED


def test_configurations_that_are_named_or_judged_otherwise_have_files_of_their_own(tmp_path):
    others = [
        SHARED,
        replace(SHARED, id="f" * 12),
        replace(SHARED, overrides={}),
        replace(SHARED, compare=Comparing()),
        replace(SHARED, claims=[]),
    ]
    assert len({each.key for each in others}) == len(others)
    assert replace(SHARED, predicted={}).key == SHARED.key


def test_it_is_found_in_the_sweep_above_and_not_beyond_it(tmp_path):
    run = tmp_path / "sweep" / "deep" / "0"
    write_run(run, FULL, shared=tmp_path / "sweep")
    assert read_run(run / RECORD) == FULL
    (tmp_path / "sweep" / "deep" / MULTIRUN).touch()
    with pytest.raises(RecordError, match="the record of its configuration is missing"):
        read_run(run / RECORD)


def test_it_is_found_from_a_relative_path(tmp_path, monkeypatch):
    write_run(tmp_path / "0", FULL, shared=tmp_path)
    monkeypatch.chdir(tmp_path / "0")
    assert read_run(Path(RECORD)) == FULL


def test_a_run_that_was_copied_alone_is_read_where_that_is_asked_for(tmp_path):
    write_run(tmp_path / "sweep" / "0", FULL, shared=tmp_path / "sweep")
    shutil.copytree(tmp_path / "sweep" / "0", tmp_path / "copy")
    with pytest.raises(RecordError, match="the record of its configuration is missing"):
        read_run(tmp_path / "copy" / RECORD)
    alone = read_run(tmp_path / "copy" / RECORD, detached=True)
    assert alone == replace(FULL, configuration=ConfigurationRecord(SHARED.id))


def test_a_damaged_configuration_is_refused_and_written_anew(tmp_path):
    write_run(tmp_path, FULL, shared=tmp_path)
    whole = file_of(tmp_path).read_bytes()
    file_of(tmp_path).write_bytes(whole.replace(b"mlp", b"cnn"))
    with pytest.raises(RecordError, match="checksum does not match"):
        read_run(tmp_path / RECORD)
    write_run(tmp_path, FULL, shared=tmp_path)
    assert file_of(tmp_path).read_bytes() == whole
    assert read_run(tmp_path / RECORD) == FULL


def test_deep_nesting_and_arrays_that_would_unfold_are_refused(tmp_path):
    path = tmp_path / RECORD
    path.write_bytes(b"[" * 200_000)
    with pytest.raises(RecordError, match="cannot be read as a record"):
        read_run(path)
    for shape, compression in (((1, 1, 1, 10**13), zipfile.ZIP_STORED), ((1, 1, 1, 10**7), 8)):
        content = io.BytesIO()
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(content, header)
        content.write(bytes(4 * 10**7) if compression == zipfile.ZIP_DEFLATED else b"")
        with zipfile.ZipFile(tmp_path / OUTPUTS, "w", compression) as archive:
            archive.writestr("outputs.npy", content.getvalue())
        digest = hashlib.sha256((tmp_path / OUTPUTS).read_bytes()).hexdigest()
        with pytest.raises(RecordError, match="holds no arrays of a run"):
            read_arrays(tmp_path, replace(FULL, outputs_sha256=digest))


def test_a_change_without_a_new_checksum_is_refused(tmp_path, written):
    path = tmp_path / RECORD
    path.write_text(path.read_text().replace('"status": "ok"', '"status": "no"'))
    with pytest.raises(RecordError, match="checksum does not match"):
        read_run(path)


@quick
@given(st.data(), st.integers(1, 255))
def test_an_altered_byte_of_the_arrays_is_refused(tmp_path, written, data, flip):
    path = tmp_path / OUTPUTS
    intact = path.read_bytes()
    damaged = bytearray(intact)
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= flip
    path.write_bytes(damaged)
    with pytest.raises(RecordError, match="checksum does not match the record"):
        read_arrays(tmp_path, written)
    path.write_bytes(intact)


def test_arrays_that_are_missing_cut_or_of_another_run_are_refused(tmp_path, written):
    moved = replace(ARRAYS, outputs=ARRAYS.outputs + 1)
    other = write_run(tmp_path / "other", FULL, moved, shared=tmp_path)
    with pytest.raises(RecordError, match="checksum does not match the record"):
        read_arrays(tmp_path, other)
    with pytest.raises(RecordError, match="checksum does not match the record"):
        read_arrays(tmp_path, FULL)
    path = tmp_path / OUTPUTS
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RecordError, match="checksum does not match the record"):
        read_arrays(tmp_path, written)
    path.unlink()
    with pytest.raises(RecordError, match="cannot be read"):
        read_arrays(tmp_path, written)


@pytest.mark.parametrize("dtype", [object, "S3", "U3", "complex64", "datetime64[s]"])
def test_outputs_that_are_no_numbers_are_refused(tmp_path, dtype):
    values = np.zeros((1, 1, 3, 2)).astype(dtype)
    with pytest.raises(RecordError, match=r"outputs\.npz: "):
        read_arrays(tmp_path, rewrite_arrays(tmp_path, outputs=values, inputs=ARRAYS.inputs))


def test_arrays_without_all_axes_or_names_are_refused(tmp_path):
    flat = rewrite_arrays(tmp_path, outputs=ARRAYS.outputs[0], inputs=ARRAYS.inputs)
    with pytest.raises(RecordError, match="Received: float32, 3 axes"):
        read_arrays(tmp_path, flat)
    unnamed = rewrite_arrays(tmp_path, outputs=ARRAYS.outputs)
    with pytest.raises(RecordError, match="holds no arrays of a run"):
        read_arrays(tmp_path, unnamed)


# --- atomic


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_writers_with_one_process_number_do_not_disturb_each_other(tmp_path):
    """Processes on two nodes may have one number; these are threads, which have it for certain."""
    path, contents = tmp_path / "file", [bytes([number]) * 10**5 for number in range(8)]
    with ThreadPoolExecutor(len(contents)) as writers:
        for _ in range(20):
            list(writers.map(lambda data: write_atomically(path, data), contents))
            assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("broken", ["replace", "fsync", "write"])
def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, broken):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(*_):
        raise OSError("disk is full")

    if broken == "replace":
        monkeypatch.setattr(Path, "replace", fail)
        monkeypatch.setattr("os.replace", fail)
    elif broken == "fsync":
        monkeypatch.setattr("os.fsync", fail)
    data = None if broken == "write" else b"new"
    with pytest.raises(TypeError if broken == "write" else OSError):
        write_atomically(path, data)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_first_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk is full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk is full"):
        write_run(tmp_path, FULL, ARRAYS, shared=None)
    assert list(tmp_path.iterdir()) == []


def test_arrays_are_written_before_the_record_that_vouches_for_them(tmp_path, monkeypatch):
    order = []
    replace_file = Path.replace
    monkeypatch.setattr(
        Path,
        "replace",
        lambda self, target: order.append(target.name) or replace_file(self, target),
    )
    write_run(tmp_path, FULL, ARRAYS, shared=None)
    assert order == [OUTPUTS, RECORD]
