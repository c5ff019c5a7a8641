"""Watches the module `numpy.random`."""

from __future__ import annotations

from typing import Any

import numpy as np

from runner.observe.generators.given_seeds import settle_global, settle_own
from runner.observe.recorder import Recorder
from runner.observe.replacing import Replacements
from runner.observe.user_frames import caller
from runner.record.fingerprint import digest
from runner.record.timeline import EventKind

GENERATOR = "numpy"

DRAWS = (
    "beta", "binomial", "bytes", "chisquare", "choice", "dirichlet", "exponential", "f", "gamma",
    "geometric", "gumbel", "hypergeometric", "laplace", "logistic", "lognormal", "logseries",
    "multinomial", "multivariate_normal", "negative_binomial", "noncentral_chisquare",
    "noncentral_f", "normal", "pareto", "permutation", "poisson", "power", "rand", "randint",
    "randn", "random", "random_integers", "random_sample", "ranf", "rayleigh", "sample", "shuffle",
    "standard_cauchy", "standard_exponential", "standard_gamma", "standard_normal", "standard_t",
    "triangular", "uniform", "vonmises", "wald", "weibull", "zipf",
)  # fmt: skip
"""Functions of the module that draw from its global generator."""

BIT_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")


def watch(recorder: Recorder, replacements: Replacements) -> None:
    """Record seeds of the global generator, draws from it, and generators made without a seed."""
    for name in DRAWS:
        _watch_draw(recorder, replacements, name)

    def wrap_seed(function: Any) -> Any:
        def watched(*args: Any, **kwargs: Any) -> None:
            given = args[0] if args else kwargs.get("seed")
            function(settle_global(recorder, caller(1), GENERATOR, "numpy.random.seed", given))

        return watched

    replacements.replace(np.random, "seed", wrap_seed)
    _watch_default_rng(recorder, replacements)
    for name in ("RandomState", "SeedSequence", *BIT_GENERATORS):
        _watch_class(recorder, replacements, name)


def state_digest() -> str:
    """Return a digest of the state of NumPy's global generator."""
    name, keys, *rest = np.random.get_state()  # noqa: NPY002
    return digest(np.array([name, *map(repr, rest)]), keys)


def describe_draw(recorder: Recorder) -> dict[str, Any]:
    """Return what is recorded of a draw from the global generator."""
    return {
        "generator": GENERATOR,
        "value": state_digest(),
        "seeded": GENERATOR in recorder.seeds,
    }


def _watch_draw(recorder: Recorder, replacements: Replacements, name: str) -> None:
    call = f"numpy.random.{name}"

    def wrap(function: Any) -> Any:
        def watched(*args: Any, **kwargs: Any) -> Any:
            recorder.note(caller(1), EventKind.DRAW, call, lambda: describe_draw(recorder))
            return function(*args, **kwargs)

        return watched

    replacements.replace(np.random, name, wrap)


def _watch_default_rng(recorder: Recorder, replacements: Replacements) -> None:
    def wrap(function: Any) -> Any:
        def watched(seed: Any = None) -> Any:
            used = settle_own(recorder, caller(1), "numpy.random.default_rng", seed)
            with recorder.quiet():
                return function(used)

        return watched

    replacements.replace(np.random, "default_rng", wrap)


def _watch_class(recorder: Recorder, replacements: Replacements, name: str) -> None:
    """Put a class in the place of another, whose calls are noted and make objects of the other."""
    original = getattr(np.random, name)
    call = f"numpy.random.{name}"

    class Meta(type(original)):  # type: ignore[misc]
        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            key = "entropy" if name == "SeedSequence" else "seed"
            seed = args[0] if args else kwargs.get(key)
            used = settle_own(recorder, caller(1), call, seed)
            if used is not seed:
                args, kwargs = args[1:], {**kwargs, key: used}
            with recorder.quiet():
                return original(*args, **kwargs)

        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, original)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, original)

    try:
        made = Meta(name, (original,), {"__module__": original.__module__})
    except TypeError:  # a class that allows no subclass cannot be watched
        return
    replacements.put(np.random, name, made)
