"""Windows of a series: what each holds, and that testing sees nothing of training."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.data.window_source import windows
from runner.errors import ConfigError


@pytest.fixture(scope="module", params=["csv", "npz"])
def series(request, tmp_path_factory):
    """A hundred rows: a time, and its square."""
    path = tmp_path_factory.mktemp("series") / f"rows.{request.param}"
    time = np.arange(100)
    if request.param == "csv":
        lines = [f"{each},{each**2},x" for each in time]
        path.write_text("\n".join(["time,square,note", *lines]))
    else:
        np.savez(path, time=time, square=time**2, two=np.zeros((100, 2)))
    return str(path)


def refusal(*arguments, **named):
    with pytest.raises(ConfigError) as caught:
        windows(*arguments, **named)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_window_and_what_comes_after_it(series):
    (x, y), (x_test, y_test) = windows(series, "time", 3, horizon=2, step=10)
    assert (x.shape, x.dtype, y.dtype) == ((8, 3, 1), np.float32, np.float32)
    assert x[1, :, 0].tolist() == [10, 11, 12]
    assert y.tolist() == [4, 14, 24, 34, 44, 54, 64, 74]
    assert x_test[0, :, 0].tolist() == [80, 81, 82]
    assert y_test.tolist() == [84, 94]


def test_a_window_of_several_columns(series):
    (x, y), _ = windows(series, "time", 2, features=["square", "time"])
    assert x[3].tolist() == [[9, 3], [16, 4]]
    assert y[3] == 5


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 7), st.floats(0.2, 0.8), st.data())
def test_no_row_is_on_both_sides(series, window, horizon, step, fraction, data):
    (x, y), (x_test, y_test) = windows(
        series, "time", window, horizon=horizon, step=step, test_fraction=fraction
    )
    trained = set(x.ravel().tolist()) | set(y.tolist())
    tested = set(x_test.ravel().tolist()) | set(y_test.tolist())
    assert max(trained) < min(tested)
    assert (np.diff(x[:, 0, 0]) == step).all()
    assert (y == x[:, -1, 0] + horizon).all()
    assert (y_test == x_test[:, -1, 0] + horizon).all()


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"window": 0}, "data.source.window: must be a whole number above 0. Received: 0"),
        ({"horizon": 1.5}, "data.source.horizon: must be a whole number above 0. Received: 1.5"),
        ({"step": -1}, "data.source.step: must be a whole number above 0. Received: -1"),
        (
            {"test_fraction": 1},
            "data.source.test_fraction: must be greater than 0 and less than 1. Received: 1",
        ),
        (
            {"window": 20},
            "data.source.window: leaves too few rows for a test window with horizon=1 and step=1."
            " Received: 20, and 20 rows",
        ),
        (
            {"window": 80, "test_fraction": 0.1},
            "data.source.window: leaves too few rows for two training windows with horizon=1 and"
            " step=40. Received: 80, and 90 rows",
        ),
    ],
)
def test_arguments_that_are_wrong(series, named, message):
    given = {"window": 3, **({"step": 40} if named.get("window") == 80 else {}), **named}
    assert refusal(series, "time", **given) == message


def test_columns_that_are_wrong(series):
    message = refusal(series, "tme", 3)
    assert message.startswith("data.source.target: must name a")
    assert message.endswith("Received: tme. Did you mean 'time'?")
    message = refusal(series, "time", 3, features=["time", "sqare"])
    assert message.startswith("data.source.features[1]: must name a")
    odd = "note" if series.endswith("csv") else "two"
    assert "must" in refusal(series, odd, 3)
    assert refusal("no.csv", "time", 3) == "data.source.path: no such file. Received: no.csv"
