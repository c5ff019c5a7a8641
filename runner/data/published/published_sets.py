"""Data sets that papers publish results on, as installed packages hold them; no network."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import random
from pathlib import Path
from typing import Any

import numpy as np

from runner.data.array_sources import Part
from runner.data.published.series_files import label_parts, read_series
from runner.errors import ConfigError, nearest
from runner.numeric.bitwise import Array

INSTALL = "python -m pip install 'runner[papers]'"
"""What installs the packages that hold the data."""

LENGTH = 40
"""Steps of a series of MNIST-1D."""

ORDERS = ("original", "shuffled", "permuted")
"""Orders of the steps of MNIST-1D: see `mnist1d`."""

SERIES_PACKAGES = ("sktime", "aeon")
"""Packages that hold some sets of the UCR archive as `.ts` files, at the same place."""

DIGESTS = {
    "mnist1d/original": "b09ad3e22c854bc5a1948b85c373aab653ceb38c9170f5ed05b7d054e4160db9",
    "mnist1d/shuffled": "b29c0b08afb21dbb52fbb919e4f9a62d51237e0dbb072e263b6081710759dbc6",
    "mnist1d/permuted": "837e255072a26e1d4f466eba74e3409d5a0b7ae2d2527971216a0134a56cc50f",
    "GunPoint": "fdb77b297c3e263a2475de3fd006dd07ede04be7084311801d98abee5f13fe26",
    "ItalyPowerDemand": "913feac08eb78785aa6e2d581a3d23d99c81774b941d60d595ce6a30a9f43830",
    "ArrowHead": "7cdb5889a2fe3d800e1a99d6c587468bb236a1213ef1bed276602254539625e9",
    "OSULeaf": "51615d4dba2f7bf4ea469ef333e1d3994ea390189e2f9ff7d89d774bdac1f736",
}
"""SHA-256 of each set as float32 and int64 (see `digest_parts`), so that no other data are
compared with a published table unnoticed."""


def mnist1d(order: str = "original", verify: bool = True) -> tuple[Part, Part]:
    """Return MNIST-1D (Greydanus and Kobak 2024), as the package `mnist1d` makes it from seed 42.

    Args:
        order: `original`; `shuffled`, steps in the order that the package draws
            (`shuffle_seq`); or `permuted`, steps in the order of
            `numpy.random.RandomState(42).permutation(40)`, which the released code uses.
        verify: whether the arrays must be, bit for bit, those on which results were published.

    Returns:
        The training part, x (4000, 40) float32 and y (4000,) int64 in 0..9, and the test part of
        1000 rows. Both are standardised over all 5000 rows, as in the paper.

    Raises:
        ConfigError: the package is not installed, the order is unknown, or the arrays are others.
    """
    if order not in ORDERS:
        rule = f"must be one of {', '.join(ORDERS)}"
        raise ConfigError("data.source.order", rule, order, nearest(str(order), ORDERS))
    made = _make_mnist1d(order == "shuffled")
    steps = np.random.RandomState(42).permutation(LENGTH) if order == "permuted" else slice(None)
    parts = tuple(
        (made[f"x{part}"].astype(np.float32)[:, steps], made[f"y{part}"].astype(np.int64))
        for part in ("", "_test")
    )
    _verify(f"mnist1d/{order}", (parts[0], parts[1]), verify)
    return parts[0], parts[1]


def ucr(
    name: str, normalise: bool = True, one_hot: bool = False, verify: bool = True
) -> tuple[Part, Part]:
    """Return a set of the UCR archive of time series that an installed package holds.

    Args:
        name: one of GunPoint, ItalyPowerDemand, ArrowHead and OSULeaf.
        normalise: whether each series is brought to mean 0 and standard deviation 1 (ddof=0).
        one_hot: whether targets have a column for each label, as losses such as mse need them.
        verify: whether the series, before they are normalised, must be bit for bit those with
            which this project compared results.

    Returns:
        The training and the test part of the archive: x (row, step) float32, y (row,) int64, the
        labels in sorted order from 0; with `one_hot`, y (row, label) float32.

    Raises:
        ConfigError: the name is unknown, no package has the set, or the arrays are others.
    """
    known = [each for each in DIGESTS if "/" not in each]
    if name not in known:
        rule = f"must be one of {', '.join(known)}"
        raise ConfigError("data.source.name", rule, name, nearest(str(name), known))
    files = [_find_directory(name) / f"{name}_{part}.ts" for part in ("TRAIN", "TEST")]
    train, test = (read_series("data.source.name", file) for file in files)
    _verify(name, label_parts(train, test, normalise=False, one_hot=False), verify)
    return label_parts(train, test, normalise, one_hot)


def digest_parts(parts: tuple[Part, Part]) -> str:
    """Return the SHA-256 of the bytes of x, y, test x and test y, in C order, one after another."""
    digest = hashlib.sha256()
    for part in parts:
        for array in part:
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _verify(name: str, parts: tuple[Part, Part], verify: bool) -> None:
    if verify and digest_parts(parts) != DIGESTS[name]:
        rule = (
            f"is true, but {name} has other values here than those that published results are "
            "compared with; set it to false to go on with them"
        )
        raise ConfigError("data.source.verify", rule, f"SHA-256 {digest_parts(parts)}")


def _make_mnist1d(shuffled: bool) -> dict[str, Array]:
    """Make the arrays, and leave the generators of Python and NumPy as they were."""
    if importlib.util.find_spec("mnist1d") is None:
        raise ConfigError("data", f"needs the package mnist1d: {INSTALL}", "mnist1d")
    data: Any = importlib.import_module("mnist1d.data")
    arguments = data.get_dataset_args()
    arguments.shuffle_seq = shuffled
    # It seeds the global generators, which our runs have seeded before.
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        made: dict[str, Array] = data.make_dataset(arguments)
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
    return made


def _find_directory(name: str) -> Path:
    """Return the directory of a set in one of the packages, none of which is imported."""
    for package in SERIES_PACKAGES:
        spec = importlib.util.find_spec(package)
        for place in (spec and spec.submodule_search_locations) or ():
            directory = Path(place) / "datasets" / "data" / name
            if directory.is_dir():
                return directory
    raise ConfigError("data", f"needs the package sktime, which has the files: {INSTALL}", name)
