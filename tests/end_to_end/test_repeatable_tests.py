"""`assert_repeatable` and the mark `repeatable`, in a suite of somebody else's."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from test_architecture import HEAVY, find_loaded

SUITE = """
import random, threading, unittest
import numpy as np, pytest
from runner.testing import assert_repeatable

def test_same(): assert_repeatable(lambda: np.arange(3), runs=2)
def test_differs(): assert_repeatable(lambda: np.random.rand(3), runs=2)
def test_seeded(): assert_repeatable(lambda: np.random.rand(3), runs=2, seed="fixed")
def test_metric_differs(): assert_repeatable(metric, runs=2)
def test_set_order(): assert_repeatable(lambda: [hash(each) for each in "abc"], runs=2)
def test_fails(): assert_repeatable(lambda: 1 / 0, runs=2)
def test_one_run(): assert_repeatable(lambda: 1, runs=1)
def test_lock(): assert_repeatable(threading.Lock().acquire, runs=2)

def metric(): return {"outputs": [1.0, 2.0], "accuracy": random.random()}

@pytest.fixture
def data(): return np.arange(4.0)

@pytest.mark.repeatable(runs=2)
@pytest.mark.parametrize("factor", [1, 2])
def test_marked_same(record_output, data, factor, tmp_path):
    values = data * factor
    record_output("values", values)
    values += np.random.rand(4)  # what was recorded stays as it was
    record_output("sum", data.sum())

@pytest.mark.repeatable(runs=2)
class TestMarked:
    def test_marked_differs(self, record_output):
        record_output("steady", np.ones(2))
        record_output("x", np.random.rand(2))
    def test_marked_without_output(self): pass
    def test_marked_fails(self, record_output): assert 1 == 2, "as planned"

@pytest.mark.repeatable(runs=2, timout_s=3)
def test_marked_with_an_unknown_key(): pass

class TestOld(unittest.TestCase):
    @pytest.mark.repeatable(runs=2)
    def test_marked_method(self): pass

def test_recording_alone_does_nothing(record_output):
    record_output("x", np.random.rand(2))
    with pytest.raises(ValueError, match="'x' was recorded before in this test"):
        record_output("x", 1)
"""

FAILING = {
    "test_differs": [
        "<lambda> is not the same in 2 fresh processes",
        "uncontrolled: 2 runs differ, first at outputs, and seeds were left as the function sets",
        "test_theirs.py:7 draws from NumPy's generator (numpy.random.rand), which has no seed.",
    ],
    "test_metric_differs": ["Every stage is the same, and metrics are not: accuracy"],
    "test_set_order": ["test_theirs.py:10 uses hash(), which gives another number in each"],
    "test_fails": [
        "<lambda> failed in run 1, after which no further one was made: ZeroDivisionError",
        "Its log ends with:",
        'test_theirs.py", line 11, in <lambda>',
    ],
    "test_one_run": ["runs: must be a whole number from 2, as one run shows nothing. Received: 1"],
    "test_lock": ["function: cannot be copied to another process"],
    "TestMarked::test_marked_differs": [
        "test_marked_differs is not the same in 2 fresh processes",
        "first at outputs/x",
        "uncontrolled: 2 runs differ",
        "test_theirs.py:32 draws from NumPy's generator (numpy.random.rand), which has no seed.",
    ],
    "TestMarked::test_marked_without_output": [
        "recorded nothing that could be compared: call record_output(NAME, ARRAY) in it"
    ],
    "TestMarked::test_marked_fails": ["failed in call: AssertionError: as planned"],
    "test_marked_with_an_unknown_key": [
        "repeatable: timout_s: is not a key of the config. Did you mean 'timeout_s'?"
    ],
    "TestOld::test_marked_method": [
        "repeatable is for test functions of pytest; call runner.testing.assert_repeatable here"
    ],
}

PASSING = {
    *("test_same", "test_seeded", "test_marked_same[1]", "test_marked_same[2]"),
    "test_recording_alone_does_nothing",
}

SETTINGS = """
[pytest]
addopts = --strict-markers --strict-config -p no:randomly
filterwarnings = error
"""


def run_suite(place, suite, *arguments):
    place.mkdir(exist_ok=True)
    (place / "test_theirs.py").write_text(suite)
    (place / "pytest.ini").write_text(SETTINGS)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-n", "0", *arguments],
        capture_output=True, text=True, check=False, cwd=place, timeout=900,
        env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip


def outcomes(done):
    found = re.findall(r"^(PASSED|FAILED|ERROR) test_theirs.py::(\S+)", done.stdout, re.MULTILINE)
    return {name: outcome for outcome, name in found}


def sections(done):
    """Name of a failed test to its text."""
    parts = re.split(r"^_{3,} (?:ERROR at setup of )?(\S+) _{3,}$", done.stdout, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    return run_suite(tmp_path_factory.mktemp("suites") / "whole", SUITE)


@pytest.mark.slow
def test_each_test_of_a_suite_passes_or_fails_as_it_should(suite):
    found = outcomes(suite)
    assert {name for name, each in found.items() if each == "PASSED"} == PASSING, suite.stdout
    assert {name for name, each in found.items() if each != "PASSED"} == set(FAILING)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAILING)
def test_a_failure_says_why(suite, name):
    text = sections(suite)[name.replace("::", ".")]
    assert [each for each in FAILING[name] if each not in text] == [], text


SHORT = """
import random, pytest
@pytest.mark.repeatable(runs=2)
def test_same(record_output): record_output("x", [1.0])
@pytest.mark.repeatable(runs=2)
def test_differs(record_output): record_output("x", random.random())
"""


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["importlib", "prepend"])
def test_a_marked_test_is_found_however_files_are_imported(tmp_path, mode):
    done = run_suite(tmp_path, SHORT, f"--import-mode={mode}")
    assert outcomes(done) == {"test_same": "PASSED", "test_differs": "FAILED"}, done.stdout
    names = {each.name for each in tmp_path.iterdir() if not each.name.startswith((".", "_"))}
    assert names == {"pytest.ini", "test_theirs.py"}


def test_the_plugin_loads_nothing_slow():
    slow = (*HEAVY, "hydra", "omegaconf", "rich", "cloudpickle", "matplotlib", "xarray")
    assert find_loaded(["runner.testing.plugin"], slow) == {}


def test_a_suite_that_does_not_use_it_is_not_disturbed(tmp_path):
    done = run_suite(tmp_path, "def test_theirs(): pass", "--durations=1")
    assert outcomes(done) == {"test_theirs": "PASSED"}
    assert "repeatable" not in done.stdout
