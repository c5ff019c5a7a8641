"""`report --plot`: pictures by the command line."""

from __future__ import annotations

import pytest
from conftest import run_cli
from synthetic import outputs, write


@pytest.fixture
def sweep(tmp_path):
    for run in range(2):
        write(tmp_path / "sweep", run, outputs(run))
    return tmp_path


def test_files_are_written_and_named_and_not_overwritten(sweep):
    first = run_cli(sweep, "report", "sweep", "--plot", "pictures", keep_order=True)
    assert first.status == 0, first.err
    named = [line for line in first.out.splitlines() if line.startswith("Picture: ")]
    assert named == ["Picture: pictures/runs.png", f"Picture: pictures/strip_{'a' * 12}.png"]
    before = (sweep / "pictures/runs.png").read_bytes()
    again = run_cli(sweep, "report", "sweep", "--plot", "pictures", keep_order=True)
    assert again.status == 2
    assert again.err.splitlines() == [
        "--plot: is there already, and is left as it is. Received: pictures/runs.png"
    ]
    assert (sweep / "pictures/runs.png").read_bytes() == before


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("a.jpg", "--plot: must end in .png, .svg, .pdf, or be a directory. Received: a.jpg"),
        ("missing/a.png", "missing/a.png: No such file or directory"),
    ],
)
def test_a_place_that_cannot_be_written_is_one_line(sweep, place, said):
    ended = run_cli(sweep, "report", "sweep", "--plot", place, keep_order=True)
    assert ended.status in (1, 2)
    assert ended.err.splitlines() == [said]
