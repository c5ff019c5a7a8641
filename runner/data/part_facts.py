"""Measures facts about the training and the test part, for rules that judge them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from runner.data.array_sources import Part
from runner.numeric.bitwise import Array
from runner.numeric.labels import class_labels
from runner.record.reasons import Clause, Number, between, count

MAX_VALUES = 20_000_000
"""Input values beyond which only labels are looked at, so that facts cost a run little time."""

MAX_SAMPLED = 1_000_000
"""Values of a part, evenly spaced, from which its typical magnitude is taken."""

MAX_COLUMNS = 50
"""Columns beyond which inputs are taken for pixels, of which some are often constant."""


def describe_parts(train: Part, test: Part, shuffled: bool) -> list[Clause]:
    """Return the facts about the rows of a run, each as a clause that a rule reads by its code.

    Args:
        train: inputs (row, ...) and targets (row, ...) of the training part.
        test: the same of the test part.
        shuffled: whether the training rows are shuffled before each epoch.
    """
    facts = _compare_classes(train, test)
    if not shuffled:
        facts += _find_sorted(train)
    x, probe = train[0], test[0]
    numeric = all(each.dtype.kind in "biuf" for each in (x, probe))
    if not numeric or x.size + probe.size > MAX_VALUES or x.shape[1:] != probe.shape[1:]:
        return facts
    facts += [_describe_values("train", train), _describe_values("test", test)]
    facts.append(_count_copies(train, test))
    facts += _count_shifted(x, probe)
    return facts + _describe_columns(x)


def _compare_classes(train: Part, test: Part) -> list[Clause]:
    """Return `classes`: how many test rows are of classes that training never sees."""
    labels = class_labels(train[1]), class_labels(test[1])
    if labels[0] is None or labels[1] is None:
        return []
    seen, asked = set(labels[0].tolist()), labels[1].tolist()
    unseen = [each for each in asked if each not in seen]
    return [
        Clause(
            "classes",
            words={"unseen": ", ".join(map(str, sorted(set(unseen))))},
            numbers={"rows": count(len(asked)), "unseen": count(len(unseen))},
        )
    ]


def _find_sorted(train: Part) -> list[Clause]:
    """Return `sorted` if the training rows stand in the order of their classes; else nothing."""
    labels = class_labels(train[1])
    if labels is None:
        return []
    classes = len(np.unique(labels))
    if not 1 < classes <= len(labels) // 2 or (labels[1:] < labels[:-1]).any():
        return []
    return [Clause("sorted", numbers={"rows": count(len(labels)), "classes": count(classes)})]


def _describe_values(name: str, part: Part) -> Clause:
    """Return `values`: type, range, typical magnitude, and how many values are not finite."""
    x, y = part
    numbers: dict[str, Number] = {
        "bad_inputs": count(_count_nonfinite(x)),
        "bad_targets": count(_count_nonfinite(y)),
        "inputs": count(x.size),
        "targets": count(y.size),
    }
    finite = x[np.isfinite(x)] if numbers["bad_inputs"].high else x
    if finite.size:
        numbers["range"] = between(float(finite.min()), float(finite.max()))
    if (typical := _find_typical(x)) is not None:
        numbers["typical"] = between(typical, typical)
    kind = "whole numbers" if x.dtype.kind in "iu" else x.dtype.name
    return Clause("values", where=name, words={"kind": kind}, numbers=numbers)


def _count_nonfinite(values: Array) -> int:
    return int((~np.isfinite(values)).sum()) if values.dtype.kind == "f" else 0


def _find_typical(x: Array) -> float | None:
    """Return the median magnitude of values that are not 0; None where there are none."""
    flat = x.reshape(-1)
    sample = np.abs(flat[:: max(1, flat.size // MAX_SAMPLED)].astype(np.float64))
    sample = sample[np.isfinite(sample) & (sample > 0)]
    return float(np.median(sample)) if sample.size else None


def _count_copies(train: Part, test: Part) -> Clause:
    """Return `copies`: test rows whose inputs are those of a training row, bit for bit."""
    known: dict[int, set[bytes]] = {}
    for row, target in zip(train[0], train[1], strict=True):
        known.setdefault(_hash(row), set()).add(target.tobytes())
    targets = [known.get(_hash(row)) for row in test[0]]
    pairs = zip(targets, test[1], strict=True)
    contrary = sum(each is not None and own.tobytes() not in each for each, own in pairs)
    numbers = {
        "rows": count(len(targets)),
        "copies": count(sum(each is not None for each in targets)),
        "contrary": count(contrary),
        "training": count(len(train[0])),
        "distinct": count(len(known)),
    }
    return Clause("copies", numbers=numbers)


def _count_shifted(x: Array, probe: Array) -> list[Clause]:
    """Return `shifted`: test rows that are a training row moved by one step along their series."""
    if x.ndim not in (2, 3) or x.shape[1] < 4:
        return []
    begins = {_hash(row[:-1]) for row in x}
    ends = {_hash(row[1:]) for row in x}
    shifted = sum(
        (_hash(row[1:]) in begins or _hash(row[:-1]) in ends) and bool((row != row[:1]).any())
        for row in probe
    )
    return [Clause("shifted", numbers={"rows": count(len(probe)), "shifted": count(shifted)})]


def _describe_columns(x: Array) -> list[Clause]:
    """Return `columns`: how many columns of a table are constant, and how many repeat another."""
    if x.ndim != 2 or not 1 < x.shape[1] <= MAX_COLUMNS:
        return []
    constant = [index for index in range(x.shape[1]) if (x[:, index] == x[0, index]).all()]
    varied = [index for index in range(x.shape[1]) if index not in constant]
    seen = Counter(_hash(x[:, index]) for index in varied)
    numbers = {
        "columns": count(x.shape[1]),
        "constant": count(len(constant)),
        "repeated": count(len(varied) - len(seen)),
    }
    return [Clause("columns", words={"constant": _list(constant)}, numbers=numbers)]


def _hash(values: Array) -> int:
    """Return a number that is equal for equal bits; others have it with a chance of 2**-64."""
    return hash(values.tobytes())


def _list(indices: list[Any]) -> str:
    return ", ".join(map(str, indices))
