"""Watches scikit-learn: what estimators are fitted to, what they predict, and what they draw.

With `random_state=None` scikit-learn draws from NumPy's global generator past the functions of
`numpy.random`, so that a draw is seen by its effect on the generator's state.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from runner.observe.generators.numpy_random import describe_draw, state_digest
from runner.observe.recorder import Recorder
from runner.observe.replacing import Replacements, Wrapper
from runner.observe.user_frames import FixedLine, caller
from runner.record.fingerprint import digest
from runner.record.timeline import EventKind

FITTING = ("fit", "fit_predict", "fit_transform", "partial_fit")
PREDICTING = ("predict", "predict_proba", "fit_predict")
METHODS = (*FITTING, "predict", "predict_proba", "score", "split")
"""Methods of scikit-learn's classes that are watched."""

END = object()
"""Stands for the end of a generator."""

FUNCTIONS = {
    "sklearn.model_selection": ("cross_val_predict", "cross_val_score", "train_test_split"),
    "sklearn.utils": ("resample", "shuffle"),
    "sklearn.datasets": (
        "make_blobs", "make_circles", "make_classification", "make_moons", "make_regression",
        "make_friedman1", "make_s_curve", "make_swiss_roll",
    ),
}  # fmt: skip
"""Module to its functions that draw."""

MODULES = (
    *("cluster", "decomposition", "ensemble", "gaussian_process", "linear_model", "manifold"),
    *("mixture", "model_selection", "naive_bayes", "neighbors", "neural_network", "pipeline"),
    *("preprocessing", "svm", "tree", "random_projection", "feature_selection", "dummy"),
)
"""Modules of scikit-learn whose classes are watched."""


class EstimatorWatch:
    """What the estimators of a script gave."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.predicted: Any = None
        """The predictions that were made last."""
        self.predicted_at = 0
        """When that was."""
        self.inputs: Any = None
        """The inputs that they were made of."""
        self.score: float | None = None
        """The score that was computed last."""
        self._fits = 0
        self._depth = 0

    def is_asked(self, frame: FrameType) -> bool:
        """Return whether a call comes from the user, and not from scikit-learn itself."""
        quiet = self._depth or self.recorder.is_quiet
        return not quiet and self.recorder.frames.is_user(frame.f_code)

    @contextmanager
    def noted(self, line: FixedLine, call: str) -> Iterator[None]:
        """Record a draw if NumPy's global generator has another state after what is done inside."""
        before = state_digest()
        described = describe_draw(self.recorder)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if state_digest() != before:
                self.recorder.note(line, EventKind.DRAW, call, lambda: described)

    def begin_fit(self, given: list[Any]) -> None:
        """Record what an estimator is fitted to."""
        self._fits += 1
        prefix = f"fit[{self._fits - 1}]/" if self._fits > 1 else ""
        parts = zip(("x", "y"), given, strict=False)
        with self.recorder.quiet():
            self.recorder.reach(
                {
                    f"{prefix}data/{name}": digest(np.asarray(each))
                    for name, each in parts
                    if _is_table(each)
                }
            )

    def take_result(self, name: str, given: list[Any], result: Any) -> None:
        """Keep what an estimator predicted, or its score."""
        if name in PREDICTING:
            self.predicted, self.inputs = result, given[0] if given else None
            self.predicted_at = self.recorder.tick()
        if name == "score":
            self.score = float(result)


def watch_estimators(recorder: Recorder, replacements: Replacements) -> EstimatorWatch:
    """Watch scikit-learn, as soon as it is imported."""
    watched = EstimatorWatch(recorder)
    for module, names in FUNCTIONS.items():
        replacements.when_imported(module, _make_function_watch(names, watched, replacements))
    for name in MODULES:
        replacements.when_imported(
            f"sklearn.{name}", lambda found: _watch_classes(found, watched, replacements)
        )
    replacements.when_imported(
        "scipy.stats", lambda found: _watch_distributions(found, watched, replacements)
    )
    return watched


def _watch_distributions(
    module: ModuleType, watched: EstimatorWatch, replacements: Replacements
) -> None:
    """Watch draws of SciPy's distributions, which use NumPy's global generator past `numpy.random`.

    A frozen distribution asks one of these to draw.
    """
    for kind in (module.rv_continuous, module.rv_discrete):

        def wrap(function: Any) -> Any:
            def rvs(self: Any, *args: Any, **kwargs: Any) -> Any:
                if watched.recorder.is_quiet:
                    return function(self, *args, **kwargs)
                with watched.noted(FixedLine(caller(1)), f"scipy.stats.{self.name}.rvs"):
                    return function(self, *args, **kwargs)

            return rvs

        replacements.replace(kind, "rvs", wrap)


def _make_function_watch(
    names: tuple[str, ...], watched: EstimatorWatch, replacements: Replacements
) -> Callable[[ModuleType], None]:
    return lambda found: _watch_functions(found, names, watched, replacements)


def _watch_functions(
    module: ModuleType, names: tuple[str, ...], watched: EstimatorWatch, replacements: Replacements
) -> None:
    for name in names:
        call = f"{module.__name__}.{name}"

        def wrap(function: Any, call: str = call) -> Any:
            def call_watched(*args: Any, **kwargs: Any) -> Any:
                frame = caller(1)
                if not watched.is_asked(frame):
                    return function(*args, **kwargs)
                return _call(watched, frame, call, function, args, kwargs)

            return call_watched

        replacements.replace(module, name, wrap)


def _watch_classes(module: ModuleType, watched: EstimatorWatch, replacements: Replacements) -> None:
    holders: dict[type, None] = {}
    for kind in vars(module).values():
        if inspect.isclass(kind) and kind.__module__.startswith("sklearn."):
            for base in inspect.getmro(kind):
                if base.__module__.startswith("sklearn."):
                    holders[base] = None
    for holder in holders:
        for name in METHODS:
            method = vars(holder).get(name)
            if inspect.isfunction(method) and not hasattr(method, "__watched__"):
                replacements.replace(holder, name, _make_method_wrapper(name, watched))


def _make_method_wrapper(name: str, watched: EstimatorWatch) -> Wrapper:
    return lambda function: _wrap_method(function, name, watched)


def _wrap_method(function: Any, name: str, watched: EstimatorWatch) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not watched.is_asked(caller(1)):
            return function(self, *args, **kwargs)
        given = [*args, *kwargs.values()]
        if name in FITTING:
            watched.begin_fit(given)
        call = f"{type(self).__name__}.{name}"
        result = _call(watched, caller(1), call, function, (self, *args), kwargs)
        watched.take_result(name, given, result)
        return result

    method.__watched__ = True  # type: ignore[attr-defined]
    return method


def _call(
    watched: EstimatorWatch, frame: FrameType, call: str, function: Any, args: Any, kwargs: Any
) -> Any:
    """Call something of scikit-learn's for the user, and record whether it drew."""
    line = FixedLine(frame)
    with watched.noted(line, call):
        result = function(*args, **kwargs)
    return _pass_items(watched, line, call, result) if inspect.isgenerator(result) else result


def _pass_items(watched: EstimatorWatch, line: FixedLine, call: str, items: Any) -> Iterator[Any]:
    """Yield the items of a generator, which may draw when it is asked for one."""
    while True:
        with watched.noted(line, call):
            item = next(items, END)
        if item is END:
            return
        yield item


def _is_table(value: Any) -> bool:
    if hasattr(value, "toarray"):
        return False
    return hasattr(value, "__array__") or isinstance(value, list)
