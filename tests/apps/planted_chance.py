"""Code whose randomness is not what the config says, each with a twin that does what is advised."""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras
import numpy as np

_KEPT: list[keras.Model] = []

INITIALIZER = keras.initializers.GlorotUniform()
"""Made once, so that it gives the same values at every call."""

RNG = np.random.default_rng()
"""Made once, and shared by all runs that are forked afterwards."""


def _model(units, initializer="glorot_uniform"):
    return keras.Sequential(
        [keras.layers.Dense(units, activation="softmax", kernel_initializer=initializer)]
    )


def fresh(units: int) -> keras.Model:
    """Return a model that draws its initial weights as usual."""
    return _model(units)


def kept(units: int) -> keras.Model:
    """Return the same model at each call."""
    if not _KEPT:
        _KEPT.append(_model(units))
    return _KEPT[0]


def initialized_once(units: int) -> keras.Model:
    """Return a model whose initializer was made when this module was imported."""
    return _model(units, INITIALIZER)


def initialized_each(units: int) -> keras.Model:
    """Return a model with an initializer of its own."""
    return _model(units, keras.initializers.GlorotUniform())


def own_seed(units: int) -> keras.Model:
    """Return a model, after a seed was set that no config decides."""
    keras.utils.set_random_seed(0)
    return _model(units)


def late_seed(units: int) -> keras.Model:
    """Return a model whose weights are drawn, and after that set a seed, as for "the data"."""
    model = _model(units)
    model.build((None, 4))
    keras.utils.set_random_seed(0)
    return model


def built_early(units: int) -> keras.Model:
    """The same without the seed."""
    model = _model(units)
    model.build((None, 4))
    return model


# --- data


def planes():
    """Points on two sides of a plane: (row, 4) and (row,)."""
    x = np.random.default_rng(0).normal(size=(120, 4)).astype(np.float32)
    return x, (x.sum(axis=1) > 0).astype(np.int64)


def _mix(draws):
    x, y = planes()
    order = draws.permutation(len(x))
    return x[order], y[order]


def mixed_by_module():
    """The points in an order that the module's generator draws."""
    return _mix(RNG)


def mixed_by_call():
    """The points in an order that NumPy's global generator draws, which the runner seeds."""
    return _mix(np.random)


# --- training functions


def leaving(config, seeds):
    """Leave a cache where the sweep was started."""
    x, _ = planes()
    np.save("points.npy", x)
    return {"outputs": x}


def leaving_elsewhere(config, seeds):
    """Leave a cache in a directory that nobody else knows."""
    x, _ = planes()
    np.save(Path(tempfile.mkdtemp()) / "points.npy", x)
    return {"outputs": x}


def reading(config, seeds):
    """Read a file that was there before."""
    return {"outputs": np.load("given.npy")}


# --- augmentation


def constant(x, stddev):
    """The row, a little larger: nothing is drawn."""
    return x * 1.5
