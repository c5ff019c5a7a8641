"""Watches TensorFlow's random operations and its data sets."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from runner.observe.generators.given_seeds import settle_global, settle_own
from runner.observe.recorder import Recorder
from runner.observe.replacing import Replacements
from runner.observe.user_frames import caller
from runner.record.timeline import EventKind

GENERATOR = "tensorflow"

DRAWS = {
    "random": (
        "categorical", "gamma", "normal", "poisson", "shuffle", "truncated_normal", "uniform",
    ),
    "image": (
        "random_brightness", "random_contrast", "random_crop", "random_flip_left_right",
        "random_flip_up_down", "random_hue", "random_jpeg_quality", "random_saturation",
    ),
}  # fmt: skip
"""Module of TensorFlow to its functions that draw."""


def watch(recorder: Recorder, replacements: Replacements) -> None:
    """Record seeds of the global generator, draws from it, shuffles and maps of data sets."""
    replacements.when_imported("tensorflow", lambda tf: _watch(tf, recorder, replacements))


def _watch(tf: ModuleType, recorder: Recorder, replacements: Replacements) -> None:
    def wrap_seed(function: Any) -> Any:
        def watched(seed: Any) -> None:
            used = settle_global(recorder, caller(1), GENERATOR, "tf.random.set_seed", seed)
            if used is not None or seed is None:
                function(used)

        return watched

    replacements.replace(tf.random, "set_seed", wrap_seed)
    for module, names in DRAWS.items():
        for name in names:
            _watch_draw(getattr(tf, module), module, name, recorder, replacements)
    _watch_unseeded(tf.random.Generator, recorder, replacements)
    _watch_shuffle(tf.data.Dataset, recorder, replacements)
    for name in ("map", "interleave"):
        _watch_unordered(tf.data.Dataset, name, recorder, replacements)


def describe_draw(recorder: Recorder, seed: object) -> dict[str, Any]:
    """Return what is recorded of a draw, which the global seed or one of its own makes repeat.

    With neither, TensorFlow takes a seed from the operating system. With a global seed, the numbers
    follow from it and from how many operations came before.
    """
    known = recorder.seeds.get(GENERATOR)
    return {
        "generator": GENERATOR,
        "value": "" if known is None else f"seed {known}",
        "seeded": known is not None or seed is not None,
    }


def _watch_draw(
    module: ModuleType, module_name: str, name: str, recorder: Recorder, replacements: Replacements
) -> None:
    call = f"tf.{module_name}.{name}"

    def wrap(function: Any) -> Any:
        def watched(*args: Any, **kwargs: Any) -> Any:
            seed = kwargs.get("seed")
            recorder.note(caller(1), EventKind.DRAW, call, lambda: describe_draw(recorder, seed))
            with recorder.quiet():
                return function(*args, **kwargs)

        return watched

    replacements.replace(module, name, wrap)


def _watch_unseeded(generator: Any, recorder: Recorder, replacements: Replacements) -> None:
    """Watch the generators that TensorFlow seeds from the system."""
    call = "tf.random.Generator.from_non_deterministic_state"
    function = generator.from_non_deterministic_state

    def watched(*args: Any, **kwargs: Any) -> Any:
        used = settle_own(recorder, caller(1), call, None)
        if used is None:
            return function(*args, **kwargs)
        return generator.from_seed(used, *args, **kwargs)

    replacements.put(generator, "from_non_deterministic_state", staticmethod(watched))


def _watch_shuffle(dataset: Any, recorder: Recorder, replacements: Replacements) -> None:
    def wrap(function: Any) -> Any:
        def watched(
            self: Any, buffer_size: Any, seed: Any = None, *args: Any, **kwargs: Any
        ) -> Any:
            recorder.note(
                caller(1),
                EventKind.DRAW,
                "tf.data.Dataset.shuffle",
                lambda: describe_draw(recorder, seed),
                direct=True,
            )
            return function(self, buffer_size, seed, *args, **kwargs)

        return watched

    replacements.replace(dataset, "shuffle", wrap)


def _watch_unordered(
    dataset: Any, name: str, recorder: Recorder, replacements: Replacements
) -> None:
    """Record maps that work in parallel, where the function that is mapped draws."""

    def wrap(function: Any) -> Any:
        def watched(self: Any, map_func: Any, *args: Any, **kwargs: Any) -> Any:
            if recorder.control.in_order and recorder.frames.is_user(caller(1).f_code):
                kwargs = {k: v for k, v in kwargs.items() if k != "num_parallel_calls"}
                kwargs.pop("deterministic", None)
            before = recorder.draws
            made = function(self, map_func, *args, **kwargs)
            parallel = kwargs.get("num_parallel_calls")
            unordered = kwargs.get("deterministic") is False
            drew = parallel is not None and recorder.draws > before
            if drew or (unordered and parallel is not None):
                recorder.note(
                    caller(1),
                    EventKind.THREADS,
                    f"tf.data.Dataset.{name}",
                    lambda: {"origin": "draws" if drew else "unordered"},
                    direct=True,
                )
            return made

        return watched

    replacements.replace(dataset, name, wrap)
