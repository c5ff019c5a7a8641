"""Faults planted in tables that are otherwise clean: each is found, in its cells, and nothing
else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from audit_in_process import audit
from published_tables import (
    Study,
    make_study,
    rerun,
    write_case,
    write_classes,
    write_runs,
    write_summary,
    write_transposed,
    write_wide,
    write_wide_runs,
)


@dataclass
class Planted:
    """A table with a fault, and what must be said of it."""

    code: str
    texts: dict[str, str]
    extra: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    """Cells that must be named."""
    also: tuple[str, ...] = ()
    """Other codes that the same fault may bring."""


FAULTS: dict[str, Callable[[], Planted]] = {}


def fault(make: Callable[[], Planted]) -> Callable[[], Planted]:
    FAULTS[make.__name__] = make
    return make


def study_of(seed: int = 3, runs: int = 5, sets: int = 12, times: int = 1) -> Study:
    """A clean study of six methods whose seeds move them visibly, on test parts of some size."""
    rng = np.random.default_rng(seed)
    rows = {f"set{i}": times * int(rng.integers(300, 3000)) for i in range(sets)}
    methods = [f"Method{letter}" for letter in "ABCDEF"]
    right = {}
    for data, n in rows.items():
        ease = rng.uniform(0.6, 0.85)
        for method in methods:
            center = ease + rng.normal(0, 0.04)
            right[data, method] = np.rint(n * rng.normal(center, 0.02, runs)).astype(int)
    return Study(rows, methods, runs, right)


def with_cells(study: Study, **changed) -> Study:
    """The study with other counts in some cells, named as `set3_MethodB`."""
    right = dict(study.right)
    right |= {tuple(name.split("_")): np.asarray(values) for name, values in changed.items()}
    return replace(study, right=right)


def edit(text: str, data: str, column: int, value: str, separator: str = ",") -> str:
    """A table's text with another value in the row that begins with a name."""
    lines = text.splitlines()
    (place,) = [i for i, line in enumerate(lines) if line.split(separator)[0] == data]
    cells = lines[place].split(separator)
    cells[column] = value
    lines[place] = separator.join(cells)
    return "\n".join(lines) + "\n"


# --- variation


@fault
def one_cell_does_not_vary():
    study = study_of()
    study = with_cells(study, set4_MethodB=[int(0.7 * study.rows["set4"])] * 5)
    return Planted("TAB101", {"t.csv": write_runs(study)}, cells=["set4 / MethodB"])


@fault
def one_cell_of_a_wide_table_has_sd_0():
    study = study_of(runs=10)
    study = with_cells(study, set4_MethodB=[int(0.7 * study.rows["set4"])] * 10)
    text = write_wide(study)
    return Planted("TAB101", {"t.csv": text}, ["--n=10"], ["set4 / MethodB"])


@fault
def one_cell_of_a_summary_has_sd_0():
    study = study_of()
    study = with_cells(study, set4_MethodB=[int(0.7 * study.rows["set4"])] * 5)
    return Planted("TAB101", {"t.tsv": write_summary(study)}, cells=["set4 / MethodB"])


@fault
def a_method_collapses_on_most_data_sets():
    study = study_of()
    collapsed = {f"set{i}_MethodC": [study.rows[f"set{i}"] // 3] * 5 for i in range(9)}
    cells = [name.replace("_", " / ") for name in collapsed]
    return Planted("TAB101", {"t.csv": write_runs(with_cells(study, **collapsed))}, cells=cells)


@fault
def a_method_collapses_in_columns_of_runs():
    study = study_of()
    collapsed = {f"set{i}_MethodC": [study.rows[f"set{i}"] // 3] * 5 for i in range(9)}
    text = write_wide_runs(with_cells(study, **collapsed))
    return Planted("TAB101", {"t.csv": text}, cells=["set8 / MethodC"])


def collapse(study: Study, classes: str, sets: int) -> Study:
    """The study with MethodD predicting the first class on some data sets."""
    counts = [line.split(",") for line in classes.splitlines()[1:]]
    first = {data: int(count) for data, label, count in counts if label == "0"}
    return with_cells(
        study, **{f"set{i}_MethodD": [first[f"set{i}"]] * study.runs for i in range(sets)}
    )


@fault
def one_cell_has_one_classs_share():
    study = study_of()
    classes = write_classes(study, 1)
    texts = {"t.csv": write_runs(collapse(study, classes, 1)), "c.csv": classes}
    return Planted("TAB103", texts, ["--classes=c.csv"], ["set0 / MethodD"], ("TAB101",))


@fault
def a_method_has_one_classs_share_everywhere():
    study = study_of()
    classes = write_classes(study, 1)
    texts = {"t.csv": write_wide(collapse(study, classes, 12)), "c.csv": classes}
    extra = ["--classes=c.csv", "--n=5"]
    return Planted("TAB103", texts, extra, ["set11 / MethodD"])


@fault
def single_runs_have_one_classs_share():
    study = study_of(runs=1)
    classes = write_classes(study, 1)
    texts = {"t.csv": write_transposed(collapse(study, classes, 10), 2), "c.csv": classes}
    return Planted("TAB103", texts, ["--classes=c.csv"], ["set9 / MethodD"])


@fault
def a_balanced_accuracy_is_one_over_the_classes():
    study = study_of()
    classes = write_classes(study, 1)
    texts = {"c.csv": classes}
    text = write_wide(study)
    for data in study.rows:
        k = sum(line.startswith(f"{data},") for line in classes.splitlines())
        text = edit(text, data, 4, f"{100 / k:.2f} (0.00)")
    texts["t.csv"] = text
    return Planted("TAB103", texts, ["--classes=c.csv"], ["set3 / MethodD"], ("TAB101",))


@fault
def a_column_is_constant():
    text = write_wide(study_of(), "{}")
    for data in study_of().rows:
        text = edit(text, data, 2, "71.43")
    return Planted("TAB104", {"t.csv": text}, cells=["set0 / MethodB", "set11 / MethodB"])


@fault
def a_column_of_means_is_constant_though_its_sds_are_not():
    text = write_wide(study_of())
    for number, data in enumerate(study_of().rows):
        text = edit(text, data, 2, f"71.43 (1.{number:02})")
    return Planted("TAB104", {"t.csv": text}, cells=["set7 / MethodB"])


@fault
def a_row_is_constant():
    text = write_wide(study_of(), "{}")
    for column in range(1, 7):
        text = edit(text, "set5", column, "68.20")
    texts = {"t.csv": add_rows(text, study_of())}
    return Planted("TAB105", texts, cells=["set5 / MethodA", "set5 / MethodF"])


@fault
def half_of_the_runs_of_a_cell_are_equal():
    study = study_of(runs=10, times=20)
    counts = study.right["set6", "MethodE"].copy()
    counts[4:] = counts[4]
    return Planted(
        "TAB106",
        {"t.csv": write_runs(with_cells(study, set6_MethodE=counts))},
        cells=["set6 / MethodE"],
    )


@fault
def runs_of_a_cell_are_equal_in_pairs():
    study = study_of(runs=10, times=20)
    counts = np.repeat(study.right["set6", "MethodE"][::2], 2)
    text = write_runs(with_cells(study, set6_MethodE=counts), 100.0, 2)
    return Planted("TAB106", {"t.csv": text}, ["--scale=percent"], ["set6 / MethodE"])


# --- arithmetic


@fault
def a_mean_is_no_sum_of_rows():
    study = make_study(8, runs=3, small=True)
    data = next(iter(study.rows))
    possible = 100 * study.shares(data, "MethodA").mean()
    half_step = 50 / (study.rows[data] * 3)
    text = edit(write_wide(study), data, 1, f"{possible - half_step:.2f} (1.00)")
    (data_rows,) = {study.rows[data]}
    return Planted(
        "TAB201",
        {"t.csv": add_rows(text, study), "x": str(data_rows)},
        ["--n=3"],
        [f"{data} / MethodA"],
    )


def add_rows(text: str, study: Study) -> str:
    """A wide table with a column of test rows."""
    head, *lines = text.splitlines()
    added = [f"{line},{study.rows[line.split(',')[0]]}" for line in lines]
    return "\n".join([f"{head},n_test", *added]) + "\n"


@fault
def an_accuracy_is_no_whole_number_of_rows():
    study = study_of()
    text = write_runs(study)
    counts = study.right["set2", "MethodA"]
    right = f"set2,MethodA,1,{float(counts[1] / study.rows['set2'])!r},"
    assert right in text
    text = text.replace(right, f"set2,MethodA,1,{float((counts[1] + 0.5) / study.rows['set2'])!r},")
    texts = {"t.csv": text, "c.csv": write_classes(study, 1)}
    return Planted("TAB201", texts, ["--classes=c.csv"], ["set2 / MethodA"])


@fault
def a_mean_of_runs_that_were_rounded_first():
    study = make_study(8, runs=3, small=True)
    text = write_wide(study)
    for data in study.rows:
        values = np.round(100 * study.shares(data, "MethodB"), 0)
        text = edit(text, data, 2, f"{values.mean():.2f} ({values.std(ddof=1):.2f})")
    return Planted("TAB201", {"t.csv": add_rows(text, study)}, ["--n=3"], also=("TAB202",))


@fault
def another_number_of_test_rows():
    study = make_study(8, runs=3, small=True)
    other = replace(study, rows={data: n - 1 for data, n in study.rows.items()})
    text = add_rows(write_wide(study), other)
    return Planted("TAB201", {"t.csv": text}, ["--n=3"], also=("TAB202",))


@fault
def an_sd_that_no_counts_have():
    study = small_study()
    text = edit(
        write_wide(study), "set1", 2, f"{100 * study.shares('set1', 'MethodB').mean():.2f} (0.97)"
    )
    return Planted("TAB202", {"t.csv": text}, ["--n=3", "--test-rows=100"], ["set1 / MethodB"])


def small_study(runs: int = 3) -> Study:
    """A study with 100 test rows in each data set, so that few SDs are possible."""
    study = study_of(runs=runs)
    right = {key: np.rint(100 * study.shares(*key)).astype(int) for key in study.right}
    return replace(study, rows=dict.fromkeys(study.rows, 100), right=right)


@fault
def standard_errors_instead_of_sds():
    study = small_study()
    text = write_wide(study)
    for data in study.rows:
        values = 100 * study.shares(data, "MethodB")
        error = values.std(ddof=1) / np.sqrt(len(values))
        text = edit(text, data, 2, f"{values.mean():.2f} ({error:.2f})")
    # With three runs, ddof=0 makes of some of them an SD that is possible.
    return Planted("TAB202", {"t.csv": text}, ["--n=3", "--test-rows=100"], also=("TAB203",))


@fault
def sds_with_both_divisors():
    study = small_study()
    first, second = write_wide(study), write_wide(study, ddof=0)
    lines = [*first.splitlines()[:7], *second.splitlines()[7:]]
    text = "\n".join(lines) + "\n"
    return Planted("TAB203", {"t.csv": text}, ["--n=3", "--test-rows=100"])


@fault
def one_method_with_the_other_divisor():
    study = small_study(runs=5)
    text, other = write_wide(study, digits=3), write_wide(study, digits=3, ddof=0)
    for line in other.splitlines()[1:]:
        text = edit(text, line.split(",")[0], 3, line.split(",")[3])
    return Planted("TAB203", {"t.csv": text}, ["--n=5", "--test-rows=100"])


@fault
def an_sd_larger_than_the_scale_allows():
    text = edit(write_wide(study_of()), "set2", 1, "97.20 (31.00)")
    return Planted("TAB204", {"t.csv": text}, ["--n=5"], ["set2 / MethodA"])


@fault
def an_sd_in_percent_of_a_share():
    text = write_summary(study_of(), unit=1.0, digits=4)
    lines = text.splitlines()
    cells = lines[9].split("\t")
    cells[3] = f"{100 * float(cells[3]):.4f}"
    lines[9] = "\t".join(cells)
    return Planted(
        "TAB204", {"t.tsv": "\n".join(lines)}, [], [f"{cells[0]} / {cells[1]}"], ("TAB202",)
    )


@fault
def a_negative_sd():
    text = edit(write_wide(study_of()), "set2", 1, "77.20 (-1.10)")
    return Planted("TAB204", {"t.csv": text}, [], ["set2 / MethodA"])


@fault
def a_lost_decimal_point():
    text = edit(write_wide(study_of(), "{}"), "set2", 3, "7310")
    return Planted("TAB205", {"t.csv": text}, ["--scale=percent"], ["set2 / MethodC"])


@fault
def a_mean_outside_of_its_smallest_and_largest():
    lines = write_summary(study_of()).splitlines()
    cells = lines[5].split("\t")
    cells[2] = f"{float(cells[6]) + 0.5:.2f}"
    lines[5] = "\t".join(cells)
    name = f"{cells[0]} / {cells[1]}"
    return Planted("TAB205", {"t.tsv": "\n".join(lines)}, [], [name], ("TAB202", "TAB201"))


@fault
def a_percentage_among_shares():
    study = study_of()
    text = write_runs(study)
    share = float(study.shares("set3", "MethodD")[2])
    text = text.replace(f"set3,MethodD,2,{share!r}", f"set3,MethodD,2,{100 * share!r}")
    return Planted("TAB205", {"t.csv": text}, [], ["set3 / MethodD"])


# --- copies


@fault
def a_run_is_a_copy_of_another():
    study = study_of()
    for key, counts in study.right.items():
        if key[1] == "MethodA":
            counts[3] = counts[1]
    return Planted("TAB301", {"t.csv": write_runs(study)}, cells=["set0 / MethodA"])


@fault
def a_run_is_a_copy_on_all_but_a_few_data_sets():
    study = study_of(runs=3)
    for key, counts in study.right.items():
        if key[1] == "MethodA" and key[0] not in ("set0", "set1"):
            counts[2] = counts[0]
    return Planted("TAB301", {"t.csv": write_wide_runs(study)}, cells=["set5 / MethodA"])


@fault
def two_methods_are_copies():
    study = study_of()
    for data in study.rows:
        study.right[data, "MethodE"] = study.right[data, "MethodB"]
    return Planted("TAB302", {"t.csv": write_wide(study)}, cells=["set0 / MethodB"])


@fault
def two_methods_have_the_same_runs():
    study = study_of()
    for data in study.rows:
        study.right[data, "MethodE"] = study.right[data, "MethodB"]
    return Planted("TAB302", {"t.csv": write_runs(study)}, cells=["set0 / MethodB"])


@fault
def two_columns_of_single_values_are_copies():
    study = study_of(runs=1)
    for data in study.rows:
        study.right[data, "MethodE"] = study.right[data, "MethodB"]
    return Planted("TAB302", {"t.csv": write_transposed(study, 2)}, cells=["set0 / MethodB"])


@fault
def two_data_sets_are_copies():
    lines = write_wide(study_of()).splitlines()
    lines[9] = ",".join([lines[9].split(",")[0], *lines[4].split(",")[1:]])
    return Planted("TAB303", {"t.csv": "\n".join(lines)}, cells=["set3 / MethodA"])


# --- form and two tables


@fault
def shares_among_percentages():
    study = study_of()
    text = edit(write_wide(study, "{}"), "set3", 2, "0.7132")
    return Planted("TAB401", {"t.csv": text}, cells=["set3 / MethodB"])


@fault
def a_column_of_shares_among_percentages():
    study = study_of()
    text = write_wide(study, "{}")
    for data in study.rows:
        text = edit(text, data, 2, f"{study.shares(data, 'MethodB').mean():.2f}")
    return Planted("TAB401", {"t.csv": text}, cells=["set3 / MethodB"])


@fault
def one_method_differs_between_two_tables():
    study = study_of(sets=25)
    other = rerun(study, 5, 5)
    for data, n in study.rows.items():
        other.right[data, "MethodC"] = other.right[data, "MethodC"] - int(0.03 * n)
    texts = {"t.csv": write_runs(study), "o.csv": write_runs(other)}
    return Planted("TAB501", texts, ["--against=o.csv"])


@fault
def one_cell_differs_between_two_tables():
    study = study_of(runs=10)
    other = rerun(study, 5, 10)
    other.right["set3", "MethodC"] = other.right["set3", "MethodC"] - study.rows["set3"] // 5
    texts = {"t.csv": write_wide(study), "o.csv": write_wide(other)}
    return Planted("TAB501", texts, ["--against=o.csv", "--n=10"], ["set3 / MethodC"])


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_and_nothing_else(name, tmp_path):
    planted = FAULTS[name]()
    arguments = write_case(planted.texts, tmp_path, planted.extra)
    audited = audit(tmp_path, arguments)
    assert audited.status == 1
    named = [cell["name"] for each in audited.of(planted.code) for cell in each["cells"]]
    assert named, audited.findings
    assert set(planted.cells) <= set(named)
    assert set(audited.codes()) <= {planted.code, *planted.also}
    # A fault of few cells is not said of others.
    if planted.cells and planted.code in ("TAB101", "TAB106", "TAB201", "TAB204", "TAB205"):
        assert len(set(named)) <= max(9, len(planted.cells))


def test_there_are_at_least_thirty():
    assert len(FAULTS) >= 30


def test_without_the_faults_the_tables_are_clean(tmp_path: Path):
    """The studies into which the faults were planted give no finding, in any of the layouts."""
    for number, study in enumerate([study_of(), study_of(runs=10), small_study(), small_study(5)]):
        place = tmp_path / str(number)
        place.mkdir()
        n = f"--n={study.runs}"
        texts = [
            ("t.csv", write_runs(study), []),
            ("t.csv", write_wide(study), [n]),
            ("t.csv", add_rows(write_wide(study), study), [n]),
            ("t.csv", write_wide_runs(study), []),
            ("t.tsv", write_summary(study), []),
            ("t.csv", write_transposed(study), []),
        ]
        for name, text, extra in texts:
            audited = audit(place, write_case({name: text}, place, extra))
            assert audited.codes() == [], audited.findings
