"""Data with one fault each, and data that looks alike and has none: two parts, made by seeds."""

from __future__ import annotations

import numpy as np

TRAIN, TEST, COLUMNS = 160, 40, 6


def healthy():
    """Rows of three classes in no order: (row, 6) float32 and (row,) int64, for two parts."""
    draws = np.random.default_rng(0)
    return tuple(
        (draws.normal(size=(rows, COLUMNS)).astype(np.float32), np.arange(rows) % 3)
        for rows in (TRAIN, TEST)
    )


# --- classes


def unseen():
    """A quarter of the test rows are of a class that training never sees."""
    train, (x, _) = healthy()
    return train, (x, np.arange(TEST) % 4)


def unseen_one_hot():
    """The same, a column for each of four classes."""
    return tuple((x, np.eye(4, dtype=np.float32)[y]) for x, y in unseen())


def unasked():
    """A class that only the training part has."""
    (x, _), test = healthy()
    return (x, np.arange(TRAIN) % 4), test


def drawn():
    """The rows of `unseen`, from which test rows can be drawn at random."""
    (x, y), (x_test, y_test) = unseen()
    return np.concatenate([x, x_test]), np.concatenate([y, y_test])


def in_class_order():
    """Training rows in the order of their classes."""
    (x, y), test = healthy()
    return (x, np.sort(y)), test


def in_two_runs():
    """The same twice, one after the other."""
    (x, y), test = healthy()
    return (x, np.concatenate([np.sort(y[:80]), np.sort(y[80:])])), test


def sold():
    """Whole numbers that are quantities, growing with time; the test part has larger ones."""
    (x, _), (x_test, _) = healthy()
    return (x, np.arange(TRAIN) // 4), (x_test, TRAIN + np.arange(TEST) // 4)


# --- the same rows in both parts


def copied():
    """Seven test rows are training rows, two of them with another target."""
    (x, y), (x_test, y_test) = healthy()
    x_test[:7], y_test[:7] = x[10:17], y[10:17]
    y_test[:2] = (y_test[:2] + 1) % 3
    return (x, y), (x_test, y_test)


def apart():
    """The same, without the copies."""
    train, (x, y) = copied()
    return train, (x[7:], y[7:])


def categories():
    """Two columns of three categories: any two parts share rows."""
    return tuple(
        (np.stack([np.arange(len(y)) % 3, np.arange(len(y)) // 3 % 3], axis=1), y)
        for _, y in healthy()
    )


# --- scales


def pixels(divide=(255, 255)):
    """Images of 8 by 8 pixels, whose borders are always 0, divided by a number in each part."""
    draws = np.random.default_rng(1)
    parts = []
    for rows, by in zip((TRAIN, TEST), divide, strict=True):
        x = np.zeros((rows, 8, 8), np.float32)
        x[:, 1:7, 1:7] = draws.integers(1, 256, (rows, 6, 6))
        parts.append(((x / by).reshape(rows, 64), np.arange(rows) % 3))
    return tuple(parts)


def divided_once():
    """Training pixels from 0 to 1, test pixels from 0 to 255."""
    return pixels((255, 1))


def shares_and_incomes():
    """Two columns of other sizes, where a zero moves the median from one to the other."""
    draws = np.random.default_rng(0)
    parts = []
    for rows in (TRAIN, TEST):
        columns = [draws.uniform(0.1, 1, rows), draws.uniform(2e4, 8e4, rows)]
        parts.append((np.stack(columns, axis=1).astype(np.float32), np.arange(rows) % 3))
    parts[0][0][0, 0] = parts[1][0][0, 1] = 0
    return tuple(parts)


# --- windows over a series


def _windows(series, length=12):
    x = np.lib.stride_tricks.sliding_window_view(series, length).copy()
    return x, np.arange(len(x)) % 3


def _series():
    return np.random.default_rng(0).normal(size=201).cumsum().astype(np.float32)


def every_fifth():
    """Windows over one series, of which every fifth is a test row."""
    x, y = _windows(_series())
    held = np.arange(len(x)) % 5 == 2
    return (x[~held], y[~held]), (x[held], y[held])


def cut_by_time():
    """Windows over the earlier part of the series, and over the later part."""
    series = _series()
    return _windows(series[:160]), _windows(series[160:])


def yes_and_no():
    """A table of nine answers: many a row is by chance like another one moved by a step."""
    draws = np.random.default_rng(0)
    return tuple(
        (draws.integers(0, 2, (rows, 9)).astype(np.float32), np.arange(rows) % 3)
        for rows in (8 * TRAIN, TEST)
    )


# --- values


def not_finite():
    """Three NaN in the training part, an infinity in the test part."""
    (x, y), (x_test, y_test) = healthy()
    x[[3, 5, 8], 1], x_test[0, 0] = np.nan, np.inf
    return (x, y), (x_test, y_test)


def filled():
    """The same, with the mean of the column in their place."""
    return tuple((np.where(np.isfinite(x), x, np.float32(0)), y) for x, y in not_finite())


def no_target():
    """Two targets of the training part are NaN."""
    (x, _), (x_test, _) = healthy()
    y = x.sum(axis=1)
    y[:2] = np.nan
    return (x, y), (x_test, x_test.sum(axis=1))


def idle():
    """Column 2 is always 1.5, and column 4 repeats column 1."""
    parts = healthy()
    for x, _ in parts:
        x[:, 2], x[:, 4] = 1.5, x[:, 1]
    return parts


def without_idle():
    """The same, without these columns."""
    return tuple((x[:, [0, 1, 3, 5]], y) for x, y in idle())


def nearly_idle():
    """The same, but for one row of either column."""
    parts = idle()
    parts[0][0][7, [2, 4]] = 0.25
    return parts
