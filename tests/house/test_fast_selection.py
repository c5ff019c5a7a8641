"""`--fast` leaves out what starts a process or TensorFlow, and the guard finds what it missed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fast_selection import TESTS, starts_processes

FAST = """
def test_fast():
    pass
"""

PLANTED = {
    "test_plain.py": FAST,
    "test_marked.py": """
import subprocess
import pytest

@pytest.mark.process
def test_starts():
    subprocess.run(["true"], check=True)

def test_does_not():
    pass

def test_believed_wrongly():
    try:
        subprocess.run(["true"], check=True)
    except Exception:
        pass
""",
    "test_imports.py": "import subprocess\n" + FAST,
    "test_imports_late.py": "def test_late():\n    from tensorflow import keras\n",
    "test_imports_by_another.py": "import between\n" + FAST,
    "between.py": "from planted_starter import x\n",
    "planted_starter.py": "import subprocess\nx = 1\n",
    "test_hidden.py": """
import os, importlib

def test_forks():
    if os.fork() == 0:
        os._exit(0)

def test_hides_tensorflow():
    importlib.import_module("tensorflow")
""",
}


@pytest.fixture
def run(tmp_path):
    """Run pytest on the planted tests; return the outcome of each by its name."""
    (tmp_path / "none.ini").write_text("[pytest]\nmarkers = process: x\n    composes: x\n")
    (tmp_path / "tensorflow.py").write_text("keras = None\n")
    for name, text in PLANTED.items():
        (tmp_path / name).write_text(text)

    def run(*arguments: str) -> dict[str, str]:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "fast_selection", "-p", "no:randomly"),
                *("-c", str(tmp_path / "none.ini"), "--rootdir", str(tmp_path), "-rA", "-n", "0"),
                *arguments,
                str(tmp_path),
            ],
            cwd=TESTS,
            capture_output=True,
            text=True,
            check=False,
        )
        rows = [line.split() for line in done.stdout.splitlines() if "::" in line]
        return {row[1].partition("::")[2]: row[0] for row in rows if row[0] in OUTCOMES}

    return run


OUTCOMES = ("PASSED", "FAILED", "ERROR")


@pytest.mark.process
def test_fast_tests_run_and_those_believed_wrongly_fail(run):
    assert run("--fast") == {
        "test_fast": "PASSED",
        "test_does_not": "PASSED",
        "test_believed_wrongly": "FAILED",
        "test_forks": "FAILED",
        "test_hides_tensorflow": "FAILED",
    }


@pytest.mark.process
def test_without_the_option_all_run_and_an_unmarked_process_still_fails(run):
    outcomes = run()
    failed = {name for name, outcome in outcomes.items() if outcome == "FAILED"}
    assert failed == {"test_believed_wrongly", "test_forks"}
    assert {"test_starts", "test_late", "test_hides_tensorflow"} <= outcomes.keys() - failed


def test_files_are_told_apart():
    assert starts_processes(TESTS / "end_to_end" / "test_sweep.py")
    assert starts_processes(TESTS / "tasks" / "test_keras_task.py")
    assert starts_processes(TESTS / "trust" / "test_attacks.py")  # by another module of tests/
    assert not starts_processes(TESTS / "analysis" / "test_results.py")
    assert not starts_processes(Path(__file__))  # it marks its own
