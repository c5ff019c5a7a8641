"""Which GPUs are found, and which warm parents may use them at the same time."""

from __future__ import annotations

import pytest

from runner.plan.workers import count_workers
from runner.processes import devices
from runner.processes.devices import find_device, has_place, list_devices, list_places

UUID = "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("0", ("0",)),
        ("3, 1", ("3", "1")),
        (f"{UUID},MIG-{UUID}/1/0", (UUID, f"MIG-{UUID}/1/0")),
        ("1,-1,0", ("1",)),  # CUDA hides what follows a name that is none
        ("1,1", ("1",)),
        ("-1", ()),
        ("", ()),
        ("NoDevFiles", ()),
    ],
)
def test_the_variable_decides_where_it_is_set(monkeypatch, given, found):
    monkeypatch.setenv(devices.VARIABLE, given)
    assert list_devices() == found


def test_files_of_devices_are_counted_where_it_is_not_set(monkeypatch, tmp_path):
    monkeypatch.delenv(devices.VARIABLE, raising=False)
    monkeypatch.setattr(devices, "FILES", tmp_path)
    assert list_devices() == ()
    for name in ("nvidia2", "nvidia5", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    assert list_devices() == ("0", "1")  # CUDA numbers those that it finds


@pytest.mark.parametrize(
    ("asked", "workers"),
    [((None, 1), 2), ((None, 3), 6), ((None, None), 1), ((5, 1), 5), ((5, None), 5)],
)
def test_there_are_as_many_workers_as_devices_have_room_for(monkeypatch, asked, workers):
    monkeypatch.setenv(devices.VARIABLE, "0,1")
    assert count_workers(*asked) == workers


@pytest.mark.parametrize("runs_per_gpu", [1, 2])
def test_no_device_has_more_runs_than_it_may_have(monkeypatch, runs_per_gpu):
    monkeypatch.setenv(devices.VARIABLE, "4,7")
    places = list_places(runs_per_gpu)
    busy: list[int] = []
    for slot in range(9):
        if has_place(slot, busy, places):
            busy.append(slot)
    used = [find_device(slot, places) for slot in busy]
    assert used.count("4") == used.count("7") == runs_per_gpu


def test_without_devices_every_warm_parent_has_place(monkeypatch):
    monkeypatch.setenv(devices.VARIABLE, "")
    assert list_places(2) == ()
    assert has_place(0, [1, 2], ())
    assert find_device(0, ()) is None
    monkeypatch.setenv(devices.VARIABLE, "0,1")
    assert list_places(None) == ()
