"""Estimates how far the quality of trainings varies beyond what a finite test part adds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def estimate_true_variance(wrong: npt.NDArray[np.bool_]) -> float | None:
    """Return the unbiased variance over trainings of the error on all data of this kind.

    Test rows are a sample: even trainings whose errors on new data were all equal would have test
    errors that differ. Jordan (2024, arXiv 2304.01910) subtracts that part: with n test rows, the
    estimate is n/(n-1) (Var(err) - sum of Var(err_i) / n**2), where err is a training's error over
    the rows, err_i its error, 0 or 1, at row i, and variances are over trainings (ddof=1).

    Args:
        wrong: (run, row), whether a training's label of a row is wrong.

    Returns:
        The variance of an error that is a share, at most 0.5. It is unbiased and so may be below
        0, which means that no variance was seen beyond that of the sample. None for fewer than two
        runs or rows.
    """
    runs, rows = wrong.shape
    if runs < 2 or rows < 2:
        return None
    errors = wrong.astype(np.float64)
    of_means = errors.mean(axis=1).var(ddof=1)
    of_rows = errors.var(axis=0, ddof=1).sum()
    return float(rows / (rows - 1) * (of_means - of_rows / rows**2))
