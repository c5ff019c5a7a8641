"""Sets that papers publish results on, and the files in which archives publish series."""

from __future__ import annotations

import hashlib
import random
import sys

import numpy as np
import pytest

from runner.data.published import published_sets
from runner.data.published.published_sets import DIGESTS, mnist1d, ucr
from runner.data.published.series_files import series
from runner.errors import ConfigError

HEAD = "# Words.\n@problemName Toy\n@classLabel true a b\n@data\n"


def sha(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


# --- MNIST-1D


def test_mnist1d_has_the_published_bits():
    """Digests of the arrays that results were published on, computed apart from this code."""
    (x, y), (test_x, test_y) = mnist1d()
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((4000, 40), np.float32, (4000,), np.int64)
    assert (test_x.shape, test_y.shape) == ((1000, 40), (1000,))
    assert sha(x).startswith("d53506bddd12d3b72c7153b1ae7f3480")
    assert sha(test_x).startswith("30addc43827c82aafa5db8bc97cea633")
    assert sha(y).startswith("d97dc7aecec8ad6b5d8f143ba3e9c4bd")
    assert sha(test_y).startswith("8de99be3ff9dab15ae0dc072c3d6ced7")


def test_the_orders_have_the_same_values_in_other_places():
    orders = ("original", "permuted", "shuffled")
    original, permuted, shuffled = (mnist1d(order)[0] for order in orders)
    steps = [19, 16, 15, 26, 4, 12, 37, 27, 39, 6]
    assert np.array_equal(permuted[0][:, :10], original[0][:, steps])
    assert not np.array_equal(shuffled[0], original[0])
    assert not np.array_equal(shuffled[0], permuted[0])
    for each in (permuted, shuffled):
        np.testing.assert_array_equal(np.sort(each[0], axis=1), np.sort(original[0], axis=1))
        assert np.array_equal(each[1], original[1])


def test_making_it_leaves_the_generators_as_they_were():
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002
    before = (random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002
    mnist1d()
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002


def test_an_unknown_order_names_the_nearest():
    with pytest.raises(ConfigError, match=r"data.source.order: .*shufled.*'shuffled'"):
        mnist1d("shufled")


def test_other_bits_are_not_taken_for_the_published_ones(monkeypatch):
    monkeypatch.setitem(DIGESTS, "mnist1d/original", "0" * 64)
    with pytest.raises(ConfigError, match=r"data\.source\.verify: .* set it to false"):
        mnist1d()
    assert mnist1d(verify=False)[0][0].shape == (4000, 40)


@pytest.mark.parametrize(
    ("package", "make"), [("mnist1d", mnist1d), ("sktime", lambda: ucr("GunPoint"))]
)
def test_a_missing_package_is_named_with_what_installs_it(monkeypatch, package, make):
    found = published_sets.importlib.util.find_spec
    hidden = ("mnist1d", "sktime", "aeon")
    monkeypatch.setattr(
        published_sets.importlib.util, "find_spec", lambda n: None if n in hidden else found(n)
    )
    with pytest.raises(ConfigError, match=rf"needs the package {package}.*pip install"):
        make()


# --- the UCR archive


@pytest.mark.parametrize(
    ("name", "train", "test", "steps", "classes"),
    [
        ("GunPoint", 50, 150, 150, 2),
        ("ItalyPowerDemand", 67, 1029, 24, 2),
        ("ArrowHead", 36, 175, 251, 3),
        ("OSULeaf", 200, 242, 427, 6),
    ],
)
def test_sets_have_their_published_sizes(name, train, test, steps, classes):
    before = set(sys.modules)
    (x, y), (test_x, test_y) = ucr(name)
    assert (x.shape, test_x.shape) == ((train, steps), (test, steps))
    assert set(y.tolist()) == set(test_y.tolist()) == set(range(classes))
    np.testing.assert_allclose(x.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(x.std(axis=1), 1, atol=1e-5)
    assert "sktime" not in set(sys.modules) - before


def test_one_hot_targets_have_a_column_for_each_class():
    (_, y), _ = ucr("ArrowHead")
    (_, columns), _ = ucr("ArrowHead", one_hot=True)
    assert columns.dtype == np.float32
    assert np.array_equal(columns.argmax(axis=1), y)
    assert (columns.sum(axis=1) == 1).all()


def test_an_unknown_set_names_the_nearest():
    with pytest.raises(ConfigError, match=r"data.source.name: .*'GunPoint'"):
        ucr("GunPiont")


# --- files of one's own


def write(directory, name, rows, head=HEAD):
    path = directory / name
    path.write_text(head + rows)
    return str(path)


def test_files_of_ones_own(tmp_path):
    train = write(tmp_path, "a.ts", "1,2,3:b\n4,5,6:a\n\n")
    test = write(tmp_path, "b.ts", "0.5,1e-3,-2:b\n")
    (x, y), (test_x, test_y) = series(train, test)
    assert x.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert (y.tolist(), test_y.tolist()) == ([1, 0], [1])
    np.testing.assert_allclose(test_x, [[0.5, 1e-3, -2]])


def test_labels_that_are_numbers_are_sorted_as_numbers(tmp_path):
    train = write(tmp_path, "a.ts", "1,2:10\n1,2:9\n1,2:-1\n")
    (_, y), _ = series(train, train)
    assert y.tolist() == [2, 1, 0]


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ("1,2,3\n", "a label after a colon"),
        ("1,2:3,4:a\n", "a label after a colon"),
        ("1,two,3:a\n", "must have numbers only"),
        ("1,?,3:a\n", "must have numbers only"),
        ("1,NaN,3:a\n", "must have no missing value"),
        ("1,2,3:a\n1,2:b\n", "series of one length"),
        ("", "no series"),
        ("2,2,2:a\n", "must be false where a series is constant"),
    ],
)
def test_what_cannot_be_read_gets_one_line(tmp_path, rows, rule):
    path = write(tmp_path, "a.ts", rows)
    with pytest.raises(ConfigError, match=rule) as error:
        series(path, path, normalise=True)
    assert "\n" not in str(error.value)


def test_files_that_do_not_fit_each_other(tmp_path):
    train = write(tmp_path, "a.ts", "1,2,3:a\n")
    test = write(tmp_path, "b.ts", "1,2:a\n")
    with pytest.raises(ConfigError, match="test_path: must have series of 3 steps"):
        series(train, test)
    with pytest.raises(ConfigError, match=r"path: no such file"):
        series(str(tmp_path / "none.ts"), test)
    other = write(tmp_path, "c.ts", "1,2:a\n", head="")
    with pytest.raises(ConfigError, match=r"must be a \.ts file"):
        series(other, test)
