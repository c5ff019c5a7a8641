"""Finds what the columns of a table are, by their names."""

from __future__ import annotations

import re

ROLES = {
    "data": (
        *("dataset", "datasets", "data", "datasetname", "problem", "problemname", "benchmark"),
        *("corpus", "task"),
    ),
    "method": (
        *("method", "methods", "methodname", "model", "modelname", "classifier", "network"),
        *("classifiername", "algorithm", "approach", "architecture", "arch", "estimator"),
    ),
    "run": (
        *("run", "seed", "iteration", "itr", "iter", "replicate", "rep", "repeat", "repetition"),
        *("trial", "fold", "resample", "runid", "randomseed"),
    ),
    "mean": ("mean", "avg", "average", "meanaccuracy", "accuracymean", "meanacc", "accmean"),
    "sd": (
        *("sd", "std", "stdev", "stddev", "standarddeviation", "accuracystd", "accuracysd"),
        *("accstd", "stdaccuracy", "sdaccuracy", "stdacc"),
    ),
    "n": ("n", "runs", "nruns", "numruns", "numberofruns", "nseeds", "seeds", "repeats", "reps"),
    "test_rows": ("testrows", "ntest", "testsize", "testn", "numtest", "testcases"),
    "low": ("min", "minimum", "accuracymin", "minaccuracy"),
    "high": ("max", "maximum", "accuracymax", "maxaccuracy"),
}
"""Role to the names, as `plain_name` makes them, of columns that have it."""

SHARES = (
    *("accuracy", "acc", "testaccuracy", "testacc", "valaccuracy", "balancedaccuracy"),
    *("top1", "top1accuracy", "f1", "f1score", "macrof1", "auc", "auroc", "precision", "recall"),
    *("errorrate", "meanaccuracy", "accuracymean", "meanacc", "accmean"),
)
"""Names of values that lie between 0 and 1, or 0 and 100; earlier ones are preferred."""

UNBOUNDED = (
    *("loss", "rmse", "mse", "mae", "mape", "nll", "perplexity", "time", "duration", "runtime"),
    *("epochs", "params", "flops", "rank", "testloss", "meanrank", "fid", "bleu"),
)
"""Names of values without bounds of which a rule could make use."""

OTHER_VALUES = ("value", "score", "result", "metric", "performance", "error", *UNBOUNDED)
"""Names of values of which the bounds are not known, or not there."""


def plain_name(name: str) -> str:
    """Return a name in small letters without what is neither letter nor digit."""
    return re.sub(r"[\W_]+", "", name.lower())


def find_roles(columns: list[str]) -> dict[str, str]:
    """Return role to the first column that has it by its name; roles without one are left out."""
    found: dict[str, str] = {}
    for role, names in ROLES.items():
        for column in columns:
            if plain_name(column) in names and column not in found.values():
                found[role] = column
                break
    return found


def find_values(columns: list[str]) -> list[str]:
    """Return the columns whose names are those of values, the likeliest first."""
    by_name = {plain_name(column): column for column in reversed(columns)}
    return [by_name[name] for name in (*SHARES, *OTHER_VALUES) if name in by_name]
