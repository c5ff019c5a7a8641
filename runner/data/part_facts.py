"""Measures facts about the training and the test part, for rules that judge them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from runner.data.array_sources import Part
from runner.numeric.bitwise import Array, row_bytes
from runner.numeric.labels import class_labels
from runner.record.reasons import Clause, Number, between, count
from runner.text import list_some

MAX_VALUES = 20_000_000
"""Input values beyond which only labels are looked at, so that facts cost a run little time."""

MAX_SAMPLED = 1_000_000
"""Values of a part, evenly spaced, from which its typical magnitude is taken."""

MAX_COLUMNS = 50
"""Columns beyond which inputs are taken for pixels, of which some are often constant."""

YES_OR_NO = (-1, 0, 1)
"""Targets that are taken for classes whatever the loss."""

VALIDATION = "validation"
"""Where a fact is about the rows for validation; one about the test part says nothing."""

MAX_NAMED = 10
"""Classes, or columns, that are named."""


def describe_parts(
    train: Part, test: Part, in_order: bool, distances: bool = False
) -> list[Clause]:
    """Return the facts about the rows of a run, each as a clause that a rule reads by its code.

    Args:
        train: inputs (row, ...) and targets (row, ...) of the training part.
        test: the same of the test part.
        in_order: whether training takes the rows batch by batch in the order in which they stand.
        distances: whether the loss measures how far outputs are from targets, so that whole numbers
            are quantities, unless all are in YES_OR_NO.
    """
    facts: list[Clause] = []
    labels = _find_classes(train[1], distances), _find_classes(test[1], distances)
    if labels[0] is not None and labels[1] is not None:
        facts.append(_compare_classes(labels[0], labels[1]))
    if in_order and labels[0] is not None:
        facts += _find_sorted(labels[0])
    x, probe = train[0], test[0]
    numeric = all(each.dtype.kind in "biuf" for each in (x, probe))
    if not numeric or x.size + probe.size > MAX_VALUES or x.shape[1:] != probe.shape[1:]:
        return facts
    facts += [_describe_values("train", train), _describe_values("test", test)]
    facts.append(_count_copies(train, test))
    facts += _count_shifted(x, probe)
    return facts + _describe_columns(x)


def describe_validation(train: Array, held: Array, distances: bool = False) -> list[Clause]:
    """Return `classes` of the rows for validation: how many are of classes that training lacks.

    Args:
        train: targets (row, ...) of the training part.
        held: targets (row, ...) of the rows for validation.
        distances: as in `describe_parts`.
    """
    labels = _find_classes(train, distances), _find_classes(held, distances)
    if labels[0] is None or labels[1] is None:
        return []
    return [replace(_compare_classes(labels[0], labels[1]), where=VALIDATION)]


def _find_classes(targets: Array, distances: bool) -> Array | None:
    """Return the class of each row (row,); None where targets are no classes."""
    labels = class_labels(targets)
    if labels is not None:
        return labels if not distances or np.isin(labels, YES_OR_NO).all() else None
    rows = targets.reshape(len(targets), -1)
    if rows.shape[1] < 2 or rows.dtype.kind not in "biuf":
        return None
    one_hot = ((rows == 0) | (rows == 1)).all() and (rows.sum(axis=1) == 1).all()
    return rows.argmax(axis=1) if one_hot else None


def _compare_classes(train: Array, test: Array) -> Clause:
    """Return `classes`: how many test rows are of classes that training never sees."""
    seen, asked = set(train.tolist()), test.tolist()
    unseen = [each for each in asked if each not in seen]
    return Clause(
        "classes",
        words={"unseen": list_some(sorted(set(unseen)), MAX_NAMED)},
        numbers={"rows": count(len(asked)), "unseen": count(len(unseen))},
    )


def _find_sorted(labels: Array) -> list[Clause]:
    """Return `sorted` if the training rows stand in the order of their classes; else nothing."""
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
    numbers |= _find_magnitude(x)
    kind = "whole numbers" if x.dtype.kind in "iu" else x.dtype.name
    return Clause("values", where=name, words={"kind": kind}, numbers=numbers)


def _count_nonfinite(values: Array) -> int:
    return int((~np.isfinite(values)).sum()) if values.dtype.kind == "f" else 0


def _find_magnitude(x: Array) -> dict[str, Number]:
    """Return the median magnitude of values that are not 0, and their geometric mean.

    Both follow the scale of all values. Where values are of two sizes, such as shares and incomes,
    a few zeros can move the median from one size to the other; a few tiny values move the mean.
    Nothing is returned where all values are 0 or not finite.
    """
    flat = x.reshape(-1)
    sample = np.abs(flat[:: max(1, flat.size // MAX_SAMPLED)].astype(np.float64))
    sample = sample[np.isfinite(sample) & (sample > 0)]
    if not sample.size:
        return {}
    median, mean = float(np.median(sample)), float(np.exp(np.log(sample).mean()))
    return {"typical": between(median, median), "geometric": between(mean, mean)}


def _count_copies(train: Part, test: Part) -> Clause:
    """Return `copies`: test rows whose inputs are those of a training row, bit for bit."""
    known: dict[int, set[bytes]] = {}
    for row, target in zip(_hash_rows(train[0]), row_bytes(train[1]), strict=True):
        known.setdefault(row, set()).add(target)
    targets = [known.get(row) for row in _hash_rows(test[0])]
    pairs = zip(targets, row_bytes(test[1]), strict=True)
    contrary = sum(each is not None and own not in each for each, own in pairs)
    numbers = {
        "rows": count(len(targets)),
        "copies": count(sum(each is not None for each in targets)),
        "contrary": count(contrary),
        "training": count(len(train[0])),
        "distinct": count(len(known)),
    }
    return Clause("copies", numbers=numbers)


def _count_shifted(x: Array, probe: Array) -> list[Clause]:
    """Return `shifted`: test rows that are a training row moved by one step along their series.

    With it goes how many there are once the steps of all rows are put into another order: as many
    where rows of a few different values are alike by chance, and hardly any in a series.
    """
    if x.ndim not in (2, 3) or x.shape[1] < 4:
        return []
    shifted = _count_moved(x, probe)
    numbers = {"rows": count(len(probe)), "shifted": count(shifted)}
    if shifted:
        order = np.random.default_rng(0).permutation(x.shape[1])
        numbers["mixed"] = count(_count_moved(x[:, order], probe[:, order]))
    return [Clause("shifted", numbers=numbers)]


def _count_moved(x: Array, probe: Array) -> int:
    begins, ends = set(_hash_rows(x[:, :-1])), set(_hash_rows(x[:, 1:]))
    varied = (probe != probe[:, :1]).reshape(len(probe), -1).any(axis=1)
    rows = zip(_hash_rows(probe[:, 1:]), _hash_rows(probe[:, :-1]), varied, strict=True)
    return sum((end in begins or begin in ends) and bool(varies) for end, begin, varies in rows)


def _describe_columns(x: Array) -> list[Clause]:
    """Return `columns`: how many columns of a table are constant, and how many repeat another."""
    if x.ndim != 2 or not 1 < x.shape[1] <= MAX_COLUMNS:
        return []
    constant = [index for index in range(x.shape[1]) if (x[:, index] == x[0, index]).all()]
    varied = [index for index in range(x.shape[1]) if index not in constant]
    first: dict[int, int] = {}
    columns = _hash_rows(x.T)
    repeated = [i for i in varied if first.setdefault(columns[i], i) != i]
    numbers = {
        "columns": count(x.shape[1]),
        "constant": count(len(constant)),
        "repeated": count(len(repeated)),
    }
    words = {
        "constant": list_some(constant, MAX_NAMED),
        "repeated": list_some(repeated, MAX_NAMED),
    }
    return [Clause("columns", words=words, numbers=numbers)]


def _hash_rows(values: Array) -> list[int]:
    """Return a number a row, equal for equal bits; others have it with a chance of 2**-64."""
    return [hash(each) for each in row_bytes(values)]
