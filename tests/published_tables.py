"""Made-up studies and the tables that would be published of them, for tests of `audit-table`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass
class Study:
    """Counts of right answers, as runs of several methods on several data sets would give."""

    rows: dict[str, int]
    """Data set to its number of test rows."""
    methods: list[str]
    runs: int
    right: dict[tuple[str, str], np.ndarray]
    """(data set, method) to the right answers of each run (run,); missing cells are left out."""

    def shares(self, data: str, method: str) -> np.ndarray:
        return self.right[data, method] / self.rows[data]

    def cells(self) -> list[tuple[str, str]]:
        return list(self.right)


def make_study(seed: int, *, runs: int | None = None, small: bool = False) -> Study:
    """Draw a study in which nothing is wrong: some methods vary little, some data sets are
    small."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, 26))
    most = 60 if small else 9000
    rows = {f"set{i}": int(np.exp(rng.uniform(np.log(20), np.log(most)))) for i in range(count)}
    methods = [f"Method{chr(65 + i)}" for i in range(int(rng.integers(2, 10)))]
    runs = int(rng.choice([1, 2, 3, 5, 10])) if runs is None else runs
    ease = {data: rng.normal(1.5, 1.2) for data in rows}
    skill = {method: rng.normal(0, 0.5) for method in methods}
    # How far seeds move a method, from hardly at all to a lot.
    moved = {method: float(np.exp(rng.uniform(np.log(0.01), np.log(0.4)))) for method in methods}
    sampled = bool(rng.integers(2))
    right = {}
    for data, n in rows.items():
        for method in methods:
            if rng.random() < 0.03:
                continue
            center = ease[data] + skill[method] + rng.normal(0, 0.4)
            spread = moved[method] * np.exp(rng.normal(0, 0.4))
            share = 1 / (1 + np.exp(-(center + spread * rng.standard_normal(runs))))
            counts = rng.binomial(n, share) if sampled else np.rint(n * share)
            right[data, method] = counts.astype(int)
    return Study(rows, methods, runs, right)


def rerun(study: Study, seed: int, runs: int) -> Study:
    """Draw other runs of the same study, from its own means and SDs."""
    rng = np.random.default_rng(seed)
    right = {}
    for (data, method), counts in study.right.items():
        drawn = rng.normal(counts.mean(), counts.std(ddof=1), runs)
        right[data, method] = np.clip(np.rint(drawn), 0, study.rows[data]).astype(int)
    return Study(study.rows, study.methods, runs, right)


# --- layouts: each returns the text of a table, and the arguments that it needs


def write_runs(study: Study, unit: float = 1.0, digits: int | None = None) -> str:
    lines = ["dataset_name,classifier_name,seed,accuracy,duration"]
    for data, method in study.cells():
        for seed, share in enumerate(study.shares(data, method)):
            lines.append(f"{data},{method},{seed},{show(unit * share, digits)},{seed * 1.5}")
    return "\n".join(lines) + "\n"


def write_summary(study: Study, unit: float = 100.0, digits: int = 2, ddof: int = 1) -> str:
    lines = ["dataset\tmethod\tmean\tstd\tn\tmin\tmax\ttest_rows"]
    for data, method in study.cells():
        values = unit * study.shares(data, method)
        numbers = [values.mean(), values.std(ddof=ddof), values.min(), values.max()]
        mean, sd, low, high = (show(each, digits) for each in numbers)
        lines.append("\t".join([data, method, mean, sd, str(study.runs), low, high, ""]))
        lines[-1] += str(study.rows[data])
    return "\n".join(lines) + "\n"


def write_wide(study: Study, form: str = "{} ({})", digits: int = 2, ddof: int = 1) -> str:
    def cell(data: str, method: str) -> str:
        if (data, method) not in study.right:
            return "-"
        values = 100 * study.shares(data, method)
        sd = values.std(ddof=ddof) if study.runs > 1 else 0.0
        return form.format(show(values.mean(), digits), show(sd, digits))

    return write_grid(study, cell)


def write_grid(study: Study, cell: Callable[[str, str], str]) -> str:
    lines = [",".join(["", *study.methods])]
    lines += [",".join([d, *(cell(d, m) for m in study.methods)]) for d in study.rows]
    return "\n".join(lines) + "\n"


def write_wide_runs(study: Study, digits: int = 4) -> str:
    heads = [f"{m}_run{i}" for m in study.methods for i in range(study.runs)]
    lines = [";".join(["data set", *heads])]
    for data in study.rows:
        cells = []
        for method in study.methods:
            found = (data, method) in study.right
            shares = study.shares(data, method) if found else [None] * study.runs
            cells += ["" if share is None else show(share, digits) for share in shares]
        lines.append(";".join([data, *cells]))
    return "\n".join(lines) + "\n"


def write_transposed(study: Study, digits: int = 1) -> str:
    lines = [",".join(["Model", *study.rows])]
    for method in study.methods:
        cells = []
        for data in study.rows:
            found = (data, method) in study.right
            cells.append(show(100 * study.shares(data, method).mean(), digits) if found else "n/a")
        lines.append(",".join([method, *cells]))
    return "\n".join(lines) + "\n"


def write_classes(study: Study, seed: int) -> str:
    """Class counts that sum to the test rows of each data set."""
    rng = np.random.default_rng(seed)
    lines = ["dataset,class,count"]
    for data, n in study.rows.items():
        k = int(rng.integers(2, 8))
        parts = 1 + rng.multinomial(n - k, rng.dirichlet(np.full(k, 5.0)))
        lines += [f"{data},{label},{count}" for label, count in enumerate(parts)]
    return "\n".join(lines) + "\n"


def show(value: float, digits: int | None) -> str:
    return repr(float(value)) if digits is None else f"{value:.{digits}f}"


def clean_case(seed: int, place: Path) -> list[str]:
    """Write the files of a study in which nothing is wrong, and return the arguments to audit them.

    The layout goes round with the seed.
    """
    kind = seed % 10
    several = int(np.random.default_rng(seed).choice([2, 3, 5, 10]))
    study = make_study(seed, runs=None if kind in (0, 6, 7) else several, small=kind == 9)
    n = ["--n", str(study.runs)]
    texts: dict[str, str] = {}
    match kind:
        case 0:
            texts["t.csv"], extra = write_runs(study), []
        case 1:
            texts["t.csv"], extra = write_runs(study, 100.0, 2), ["--classes", "c.csv"]
        case 2:
            texts["t.tsv"], extra = write_summary(study, digits=seed % 3 + 1, ddof=seed % 2), []
        case 3:
            texts["t.csv"], extra = write_wide(study, digits=1 + seed // 10 % 2), n
        case 4:
            form = ("{} ± {}", "{} +- {}", "{}% ({})")[seed // 10 % 3]
            texts["t.csv"], extra = write_wide(study, form), [*n, "--classes", "c.csv"]
        case 5:
            texts["t.csv"], extra = write_wide_runs(study, digits=seed // 10 % 3 + 2), []
        case 6:
            texts["t.csv"], extra = write_transposed(study), []
        case 7:
            texts["t.csv"], extra = write_wide(study, "{}"), ["--classes", "c.csv"]
        case 8:
            texts["o.csv"] = write_runs(rerun(study, seed + 1, 5))
            texts["t.csv"], extra = write_runs(study), ["--against", "o.csv"]
        case _:
            texts["t.csv"], extra = write_runs(study, digits=4), ["--classes", "c.csv"]
    if "--classes" in extra:
        texts["c.csv"] = write_classes(study, seed)
    return write_case(texts, place, extra)


def write_case(texts: dict[str, str], place: Path, extra: Sequence[str]) -> list[str]:
    for name, text in texts.items():
        (place / name).write_text(text, encoding="utf-8")
    (table,) = [name for name in texts if name.startswith("t.")]
    return [table, *extra]
