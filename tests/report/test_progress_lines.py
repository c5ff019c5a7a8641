"""The lines that say in a pipe how far a sweep is."""

from __future__ import annotations

from runner.report.live import progress
from runner.report.live.progress import Progress


def test_the_time_left_is_counted_from_the_first_run(monkeypatch, capsys):
    times = iter([0.0, 25.0, 40.0, 55.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(times))
    with Progress(3) as shown:
        for _ in range(3):
            shown.advance("a", None, 15.0)
    # Until second 10 libraries were imported, which is not done again.
    assert capsys.readouterr().err.splitlines() == [
        "1 of 3 runs, 25 s, about 30 s left",
        "2 of 3 runs, 40 s, about 15 s left",
        "3 of 3 runs, 55 s",
    ]


def test_a_reason_is_told_once(capsys):
    with Progress(3) as shown:
        for number, reason in enumerate(["ValueError: a", "ValueError: a", "ValueError: b"]):
            shown.advance(f"replicate={number}", reason)
    assert capsys.readouterr().err.splitlines()[:3] == [
        "failed: replicate=0: ValueError: a",
        "failed: replicate=1: as before",
        "failed: replicate=2: ValueError: b",
    ]
