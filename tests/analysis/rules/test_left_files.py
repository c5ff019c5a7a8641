"""OBS106, where it must speak and where it must not."""

from __future__ import annotations

import os

from findings_of import find_in, of_code

from runner.tasks.working_directory import DirectoryState


def facts(directory, change=lambda directory: None) -> list:
    """What is measured of a directory in which something happens."""
    before = DirectoryState.of(directory)
    change(directory)
    return before.describe_changes()


def test_fires(tmp_path):
    here, sweep = tmp_path / "here", tmp_path / "sweep"
    here.mkdir()
    wrote = facts(here, lambda directory: (directory / "state.npy").write_text("1"))
    (found,) = of_code(find_in(sweep, [{"facts": wrote}, {"facts": facts(here)}]), "OBS106")
    assert found.observation.seen == (
        "Files were written into the directory that the sweep was started in: state.npy (in 1 of 2"
        " runs)."
    )


def test_fires_for_a_file_that_was_there(tmp_path):
    (tmp_path / "state.npy").write_text("1")
    wrote = facts(tmp_path, lambda directory: (directory / "state.npy").write_text("22"))
    assert of_code(find_in(tmp_path / "sweep", [{"facts": wrote}] * 2), "OBS106")


def test_quiet(tmp_path):
    here = tmp_path / "here"
    here.mkdir()
    (here / "data.csv").write_text("1")
    read = facts(here, lambda directory: (directory / "data.csv").read_text())
    assert not of_code(find_in(tmp_path / "sweep", [{"facts": read}] * 2), "OBS106")


def test_quiet_where_a_run_works_in_a_directory_of_its_own(tmp_path):
    def write_below(directory):
        (directory / "mine").mkdir()
        (directory / "mine" / "state.npy").write_text("1")

    wrote = facts(tmp_path, write_below)
    assert not of_code(find_in(tmp_path / "sweep", [{"facts": wrote}] * 2), "OBS106")


def test_a_directory_that_cannot_be_looked_at_gives_no_fact(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    before = DirectoryState.of(gone)
    os.rmdir(gone)
    assert before.describe_changes() == []
