"""Chooses what of a script is compared as its outputs, and says what was chosen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from runner.errors import ConfigError
from runner.observe.libraries.keras_models import read_value
from runner.observe.watch import Watch
from runner.record.timeline import PREDICTIONS
from runner.tasks.command_files import read_outputs

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|nan|inf)(?![\w.])")
"""A number in a text, that is no part of a word, a version or a path."""

TIMES = re.compile(
    r"(?i:\b(?:took|elapsed|duration|runtime|seconds|secs|time(?: taken| elapsed)?)\b"
    r"[\"']?\s*(?:\([^)]*\))?\s*[:=]?\s*)\d+(?:\.\d*)?(?:[eE][-+]?\d+)?"
    r"|\d+(?:\.\d+)?(?:\s*(?:ms|us|µs|ns|s|sec|secs|seconds|minutes)|min|h)(?:/\w+)?\b(?!\.\w)"
    r"|\b\d{1,4}[-/]\d{1,2}[-/]\d{1,4}(?:[ T]\d\d?:\d\d(?::\d\d)?(?:[.,]\d+)?)?\b"
    r"|\b\d\d?:\d\d(?::\d\d)?(?:[.,]\d+)?\b"
)
"""A duration, a date or a time of the day, which says nothing of a result. A number counts as a
duration if its unit follows it, or if it follows at once on a word for time."""

PASSING = re.compile(r"\S*/\S*|\bat 0x[0-9a-fA-F]+|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b")
"""A path, an address in memory or a unique id, which are others in each run and mean nothing."""

MAX_NUMBERS = 10_000


@dataclass(frozen=True)
class Chosen:
    """What was chosen as the outputs of a script."""

    described: str
    """What it is, such as `the last predictions`."""
    returned: dict[str, Any]
    """Outputs, inputs and metrics, by name; see `read_returned`."""


def choose_outputs(
    named: Sequence[str],
    variables: dict[str, Any],
    watch: Watch,
    work: Path,
    printed: str,
) -> Chosen:
    """Choose the outputs: what was named, else predictions, else weights, else printed numbers.

    Args:
        named: files that the script writes, and variables of it; empty: the choice is ours.
        variables: of the script, at its end.
        watch: what was watched of it.
        work: its working directory.
        printed: what it printed.

    Raises:
        ConfigError: what was named is not there, or nothing is there.
    """
    metrics = _find_metrics(watch)
    if named:
        found = _read_named(named, variables, work)
        return Chosen(", ".join(named), {**metrics, **found})
    for predicted, inputs in _find_predictions(watch):
        outputs = _flatten(predicted)
        if outputs is not None:
            return Chosen(PREDICTIONS, _with_inputs({"outputs": outputs, **metrics}, inputs))
    weights = _find_weights(watch)
    if weights:
        values = np.concatenate([np.ravel(each) for each in weights])
        return Chosen("the final weights", {"outputs": values[None], **metrics})
    numbers = find_numbers(printed)
    if numbers:
        return Chosen("the numbers that it printed", {"outputs": np.array([numbers]), **metrics})
    raise ConfigError(
        "task.outputs",
        "must name a file that the script writes or a variable of it (audit --outputs NAME), since"
        " it predicts, trains and prints nothing that can be compared",
        None,
    )


def _find_predictions(watch: Watch) -> list[tuple[Any, Any]]:
    """Return what was predicted, with what it was predicted from, the last first."""
    found = [
        (each.predicted_at, each.predicted, each.inputs) for each in (watch.keras, watch.estimators)
    ]
    made = watch.torch.predictions
    found.append((made.at, made.join(), made.join(inputs=True)))
    found.sort(key=lambda each: -each[0])
    return [(predicted, inputs) for _, predicted, inputs in found if predicted is not None]


def _find_weights(watch: Watch) -> list[Any]:
    """Return the weights that were trained last, as arrays; empty if none were."""
    if watch.torch.trained_at > watch.keras.trained_at:
        return watch.torch.last_weights
    return [np.asarray(read_value(each)) for each in watch.keras.last_weights]


def _read_named(named: Sequence[str], variables: dict[str, Any], work: Path) -> dict[str, Any]:
    files = [each for each in named if Path(each).suffix]
    found = dict(read_outputs(work, files)) if files else {}
    for name in named:
        if name in files:
            continue
        if name not in variables:
            raise ConfigError("task.outputs", "is no variable of the script", name)
        value = variables[name]
        # A number by itself would be a metric.
        found[name] = np.array([[value]]) if np.ndim(value) == 0 else value
    return found


def _find_metrics(watch: Watch) -> dict[str, float]:
    """Return the metrics that were measured last; else those of the last epoch."""
    if watch.keras.metrics:
        return dict(watch.keras.metrics)
    logged = {name: values[-1] for name, values in watch.keras.history.items() if name != "epoch"}
    if logged:
        return logged
    return {} if watch.estimators.score is None else {"score": watch.estimators.score}


def _flatten(predicted: Any) -> Any:
    """Return predictions as an array (input, unit); None if they are no numbers."""
    leaves = _leaves(predicted)
    try:
        arrays = [np.asarray(each) for each in leaves]
    except (TypeError, ValueError):
        return None
    if not arrays or any(each.dtype.kind not in "biuf" or each.ndim == 0 for each in arrays):
        return None
    length = len(arrays[0])
    if any(len(each) != length for each in arrays) or not length:
        return None
    kind = np.result_type(*arrays)
    return np.concatenate([each.reshape(length, -1).astype(kind) for each in arrays], axis=1)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    if isinstance(value, list | tuple):
        return [leaf for each in value for leaf in _leaves(each)]
    return [value]


def _with_inputs(returned: dict[str, Any], inputs: Any) -> dict[str, Any]:
    """Add the inputs that predictions were made of, where they are one array of as many rows."""
    rows = len(returned["outputs"])
    if hasattr(inputs, "__array__") and hasattr(inputs, "shape"):
        array = np.asarray(inputs)
        if array.ndim and len(array) == rows and array.dtype.kind in "biuf":
            returned["inputs"] = array
    return returned


def find_numbers(printed: str) -> list[float]:
    """Return the numbers in what was printed, without durations, dates and progress bars."""
    # A progress bar is overwritten; what stands at the end of its line is what is left of it.
    lines = [line.rpartition("\r")[2] for line in printed.split("\n")]
    shown = TIMES.sub(" ", "\n".join(lines))
    return [float(each) for each in NUMBER.findall(shown)][-MAX_NUMBERS:]


def find_words(printed: str) -> str:
    """Return what was printed without numbers, durations, dates, paths and addresses."""
    lines = [line.rpartition("\r")[2] for line in printed.split("\n")]
    shown = PASSING.sub(" ", TIMES.sub(" ", "\n".join(lines)))
    return " ".join(NUMBER.sub(" ", shown).split())
