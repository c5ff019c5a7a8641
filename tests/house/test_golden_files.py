"""Golden files are compared in one way, can be renewed, and each is compared with."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from golden_files import ADVICE, FROZEN, GOLDEN, describe_difference

TESTS = Path(__file__).parents[1]

READERS = {"golden_files.py", "house/test_golden_files.py", "test_architecture.py"}
"""Files that may name the directory of golden files and have nothing compared with them."""


def test_a_difference_is_shown_line_by_line():
    said = describe_difference("x.txt", "one\ntwo\nthree\n", "one\n2\nthree\n")
    assert said.splitlines() == [
        "x.txt is not what the code says now:",
        "--- x.txt (agreed)",
        "+++ x.txt (now)",
        "@@ -1,3 +1,3 @@",
        " one",
        "-two",
        "+2",
        " three",
    ]


def test_a_difference_in_the_ends_of_lines_is_told():
    assert describe_difference("x.txt", "one\n", "one").endswith("\n(only in the ends of lines)")


def test_whoever_reads_golden_files_compares_by_the_fixture():
    for path in TESTS.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        arguments = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        name = path.relative_to(TESTS).as_posix()
        assert "golden" not in names or "golden" in arguments or name in READERS, name


def test_every_golden_text_is_compared_with():
    sources = "".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    for path in [*GOLDEN.glob("*.txt"), *(GOLDEN / "lint").iterdir()]:
        name = path.relative_to(GOLDEN).as_posix()
        assert f'"{name}"' in sources or name.startswith("lint/project."), name


PLANTED = """
from pathlib import Path

HERE = Path(__file__).parent

def test_agreed(golden):
    golden(HERE / "agreed.txt", "old\\n")

def test_changed(golden):
    golden(HERE / "changed.txt", "new\\n")

def test_added(golden):
    golden(HERE / "added" / "file.txt", "new\\n")

def test_frozen(golden):
    golden(HERE / "frozen.txt", "new\\n", frozen=True)

def test_without():
    assert False
"""


@pytest.fixture
def run(tmp_path):
    """Run pytest on the planted tests, with some arguments."""
    (tmp_path / "test_planted.py").write_text(PLANTED)
    for name in ("agreed", "changed", "frozen"):
        (tmp_path / f"{name}.txt").write_text("old\n")

    # Where CI is set, pytest says a failure's whole text in its summary once more.
    environment = {name: value for name, value in os.environ.items() if name != "CI"}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "golden_files", "-p", "no:randomly"),
                *("-c", str(tmp_path / "none.ini"), "--rootdir", str(tmp_path), "-rA"),
                *arguments,
                str(tmp_path),
            ],
            cwd=TESTS,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    (tmp_path / "none.ini").write_text("[pytest]\n")
    return run


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("workers", ["0", "2"])
def test_files_are_written_only_when_asked_for(run, tmp_path, workers):
    said = run("-n", workers)
    assert said.count(ADVICE) == 2
    assert "-old\n+new\n" in said
    assert (tmp_path / "changed.txt").read_text() == "old\n"
    assert not (tmp_path / "added").exists()
    said = run("-n", workers, "--update-golden")
    assert (tmp_path / "changed.txt").read_text() == "new\n"
    assert (tmp_path / "added" / "file.txt").read_text() == "new\n"
    renewed = sorted(Path(line).name for line in said.splitlines() if line.startswith("renewed "))
    assert renewed == ["changed.txt", "file.txt"]


@pytest.mark.process
def test_a_frozen_file_is_never_written(run, tmp_path):
    assert FROZEN in run("--update-golden")
    assert (tmp_path / "frozen.txt").read_text() == "old\n"


@pytest.mark.process
def test_only_tests_with_golden_files_run_to_write_them(run):
    assert "test_without" not in run("--update-golden")
