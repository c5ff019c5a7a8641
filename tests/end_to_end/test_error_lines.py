"""The row of a failed run shows the one line of an error that says why, and not what is around."""

from __future__ import annotations

import re

import pytest
from conftest import APPS, run_cli

pytestmark = pytest.mark.process

NOISE = re.compile(
    r"\[\[|function_node|\[Op:|Traceback|File \"|Detected at|stack traces|Hint:|Call arguments"
    r"|Arguments received by|Could not automatically infer|Exception encountered"
)
"""What TensorFlow, Keras and Python put around a reason."""

LINES = {
    "embedding": r"InvalidArgumentError: indices\[0,0\] = \d is not in \[0, 4\) \(.*embedding.*\)",
    "labels": r"data\.source: must give labels from 0 to 6, .* 7 output units\. .* label 7; .*",
    "labels_unchecked": r"InvalidArgumentError: .*label value of 7 .* range of \[0, 7\)\. .*",
    "vectorization": r"model: text_vectorization \(TextVectorization\) must be adapted before .*",
    "vocabulary": r".*num_oov_indices=0` all inputs should be in vocabulary.*OOV.*mauve.*",
    "integers": r".*num_oov_indices=0` all inputs should be in vocabulary.*OOV values \[\d.*",
    "matmul": r"InvalidArgumentError: Matrix size-incompatible: In\[0\]: \[32,6\], In\[1\]:"
    r" \[32,6\] \(.*products.*/MatMul\)",
    "matmul_fixed": r"model: does not fit inputs of shape \(6,\)\. Dimensions must be equal, but"
    r" are 6 and 5 .* with input shapes: \[\?,6\], \[5,3\]\..*\(Fixed\.call, fixed\)",
    "reshape": r"InvalidArgumentError: Input to reshape is a tensor with 192 values, but the"
    r" requested shape requires a multiple of 7 \(.*regroup.*\)",
    "gather": r"InvalidArgumentError: indices\[0,0\] = 9 is not in \[0, 6\) \(.*pick.*\)",
    "memory": r"ResourceExhaustedError: .* allocating tensor with shape\[32,1099511627776\].*"
    r" \(.*greedy.*\)",
    "check": r"InvalidArgumentError: no logarithm of what is negative : Tensor had NaN values .*",
    "images": r"data\.source: its rows cannot be read: Unknown image file format\. .*",
    "asserted": r"data\.source: its rows cannot be read: assertion failed: \[a year has no such"
    r" month\] .* \[13\] .*",
    "counted": r"data\.source: its rows cannot be read: KeyError: b'three'",
    "refuse": r"InvalidArgumentError: assertion failed: \[a row must be greater than 5\] .*",
    "look_up": r"UnknownError: LookupError: no entry for \(6,\)",
    "loss": r"InvalidArgumentError: Incompatible shapes: \[5\] vs\. \[32\] \(.*loss.*\)",
    "units": r"ValueError: .* must have the same rank \(ndim\)\. Received: target\.shape=\(None,\),"
    r" output\.shape=\(None, 3\)",
    "stepping": r"AttributeError: 'Stepping' object has no attribute 'compute_los'",
    "unread": r"data\.source: its _target_ raised RowsError: cannot load the rows; caused by"
    r" FileNotFoundError: \[Errno 2\] No such file or directory: 'rows\.bin'",
    "unparsed": r"data\.source: its _target_ raised RuntimeError: cannot load the rows; caused by"
    r" RowsError: bad cell in line 7; caused by ValueError: could not convert string to float:"
    r" '1,5'",
    "wrapped": r"data\.source: its _target_ raised RowsError: line 7: could not convert string to"
    r" float: '1,5'",
    "unread_stream": r"data\.source: its rows cannot be read: RowsError: cannot load the rows;"
    r" caused by FileNotFoundError: \[Errno 2\] No such file or directory: 'rows\.bin'",
    "chained_layer": r"RowsError: no such activation \(Chained\.call.*\); caused by KeyError:"
    r" 'gelu'",
}
"""The whole line of each file of tests/apps/conf/error."""

QUICK = ("embedding", "labels", "vectorization", "unread")
"""What is tried whenever tests run; all of it is slow."""


def sweep(directory, names):
    return run_cli(
        directory,
        *(f"+error={','.join(names)}", "train.epochs=1", "replicates=1", "builds=1", "calls=1"),
        *("replays=0", f"--config-dir={APPS / 'conf'}", "-m"),
        RUNNER_TRUST="planted_errors",
    )


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return sweep(tmp_path_factory.mktemp("quick"), QUICK)


@pytest.fixture(scope="module")
def errors(tmp_path_factory):
    """One run of each."""
    return sweep(tmp_path_factory.mktemp("errors"), LINES)


def check_line(ended, name):
    runs = ended.results.runs.set_index("override_error")
    line = runs.loc[name, "error"]
    assert re.fullmatch(LINES[name], line), line
    assert not NOISE.search(line), line
    # The terminal has the same reason as the file, on one line.
    assert f"failed: error={name}: {line}" in ended.err.splitlines()


@pytest.mark.parametrize("name", QUICK)
def test_the_usual_errors_have_their_reason(quick, name):
    check_line(quick, name)


@pytest.mark.slow
def test_a_sweep_of_failures_is_saved(quick):
    assert quick.status == 1
    assert "Traceback" not in quick.out + quick.err
    assert set(quick.results.table["verdict"]) == {"failed"}


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", LINES)
def test_every_error_has_its_reason(errors, name):
    check_line(errors, name)


def test_every_file_has_its_line():
    assert {each.stem for each in (APPS / "conf" / "error").iterdir()} == set(LINES)
