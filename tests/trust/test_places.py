"""Where files are read and written, and what git is asked, beside what a config says."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from attacking import LINK, MARKER, start, write

from runner.data.table_sources import csv
from runner.record.surroundings.source_revision import source_revision
from runner.trust.names import VARIABLE

ROWS = "x,y\n{0},0\n{0},1\n"


def git(directory, *arguments: str) -> str:
    """Run git as somebody who has no settings."""
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A directory whose repository has a filter that would make MARKER."""
    work = tmp_path / "work"
    write(work, {"a.txt": "a\n", ".gitattributes": "*.txt filter=x\n", "deep/b.py": "b\n"})
    git(work, "init", "-q")
    git(work, "add", ".")
    git(work, "commit", "-qm", "x")
    git(work, "config", "filter.x.clean", f"touch {tmp_path / MARKER}; cat")
    os.utime(work / "a.txt", (1, 1))  # git has to compare its content
    monkeypatch.chdir(work)
    return work


def test_the_filter_would_run(repository):
    git(repository, "diff", "HEAD")
    assert (repository.parent / MARKER).exists()


def test_git_runs_no_program_of_a_repository(repository, monkeypatch):
    head = git(repository, "rev-parse", "HEAD")
    assert source_revision() == head
    monkeypatch.chdir(repository / "deep")
    assert source_revision() == head
    (repository / "a.txt").write_text("b\n")
    changed = source_revision()
    assert changed.startswith(f"{head}+")
    (repository / "a.txt").unlink()
    assert source_revision() not in (changed, head)
    write(repository, {"a.txt": "b\n"})
    assert source_revision() == changed
    (repository / "deep/b.py").chmod(0o644)
    assert source_revision() not in (changed, head)
    assert not (repository.parent / MARKER).exists()


def test_what_git_is_told_of_is_part_of_the_state(repository):
    head = git(repository, "rev-parse", "HEAD")
    (repository / "new.py").write_text("new\n")
    assert source_revision() == head
    git(repository, "add", "new.py")
    added = source_revision()
    assert added.startswith(f"{head}+")
    git(repository, "commit", "-qm", "y")
    assert source_revision() == git(repository, "rev-parse", "HEAD") != head


def test_a_repository_inside_of_a_clone_is_none(repository, monkeypatch):
    inner = repository / "inner"
    shutil.copytree(repository / ".git", inner)
    shutil.copy(repository / ".gitattributes", inner)
    write(inner, {"a.txt": "a\n", "deep/b.py": "b\n"})
    git(inner, "config", "-f", "config", "core.bare", "false")
    git(inner, "config", "-f", "config", "core.worktree", ".")
    monkeypatch.chdir(inner / "deep")
    assert source_revision() is None
    assert not (repository.parent / MARKER).exists()
    git(inner / "deep", "diff", "HEAD")
    assert (repository.parent / MARKER).exists()  # by what is not asked of git


def test_a_directory_called_tilde_is_nobodys_home(tmp_path, monkeypatch):
    write(tmp_path, {"home/s.csv": ROWS.format(7), "work/~/s.csv": ROWS.format(1)})
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "work")
    x, _ = csv("~/s.csv", "y")
    assert x.tolist() == [[1.0], [1.0]]


def test_outputs_that_are_a_link_are_told(tmp_path):
    write(tmp_path / "work", {"outputs": f"{LINK}{tmp_path}"})
    answer = start(tmp_path / "work", "--cfg job")
    assert (answer.status, answer.err) == (0, f"outputs is a link to {tmp_path.resolve()}\n")


def test_patterns_below_the_current_directory_need_no_trust(tmp_path):
    text = (
        "defaults: [{override /data: tfrecord}]\n"
        "data: {units: 2, source: {path: 'l*/a-[0-9].tf*', test_path: 'd/*', features: {}}}\n"
    )
    files = {
        "d/a-1.tfrecord": "",
        "l": f"{LINK}d",
        "evil/experiment/x.yaml": f"# @package _global_\n{text}",
    }
    write(tmp_path / "work", files)
    answer = start(tmp_path / "work", "lint experiment=x --config-dir=evil", **{VARIABLE: ""})
    assert (answer.status, answer.err) == (0, "")
