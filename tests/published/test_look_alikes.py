"""Tables that look like those with a fault and are harmless: nothing worse than info is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from audit_in_process import audit
from published_tables import rerun, write_case, write_classes, write_runs, write_summary, write_wide
from test_planted_faults import add_rows, edit, small_study, study_of, with_cells


def quiet(place, text, *extra, name="t.csv", **texts):
    audited = audit(place, write_case({name: text, **texts}, place, list(extra)))
    assert audited.codes() == [], audited.findings
    assert audited.status == 0
    return audited


def test_all_runs_at_100_percent(tmp_path):
    study = study_of()
    perfect = {f"set{i}_MethodC": [study.rows[f"set{i}"]] * 5 for i in range(9)}
    quiet(tmp_path, write_wide(with_cells(study, **perfect)), "--n=5")


def test_equal_runs_on_twenty_test_rows(tmp_path):
    study = study_of()
    rows = dict.fromkeys(study.rows, 20)
    right = {key: np.rint(20 * study.shares(*key)).astype(int) for key in study.right}
    quiet(tmp_path, write_runs(replace(study, rows=rows, right=right)))


def test_a_method_in_which_nothing_is_random_is_said_to_never_vary(tmp_path):
    study = study_of()
    for key, counts in study.right.items():
        if key[1] == "MethodB":
            counts[:] = counts[0]
    audited = quiet(tmp_path, write_runs(study))
    (found,) = audited.of("TAB102")
    assert found["severity"] == "info"
    assert len(found["cells"]) == 12


def test_no_method_varies_where_each_was_run_once(tmp_path):
    study = study_of(runs=1)
    assert not quiet(tmp_path, write_runs(study)).findings


def test_a_majority_baseline_has_the_share_of_a_class(tmp_path):
    study = study_of()
    classes = write_classes(study, 1)
    counts = [line.split(",") for line in classes.splitlines()[1:]]
    largest = {data: max(int(c) for d, _, c in counts if d == data) for data in study.rows}
    for data in study.rows:
        study.right[data, "MethodD"] = np.full(5, largest[data])
    text = write_runs(study)
    quiet(
        tmp_path, text.replace("MethodD", "majority class"), "--classes=c.csv", **{"c.csv": classes}
    )
    # By any other name it is found: the table does not say that it is meant.
    audited = audit(tmp_path, write_case({"t.csv": text}, tmp_path, ["--classes=c.csv"]))
    assert audited.codes() == ["TAB103"]


def test_an_accuracy_that_hits_a_classs_share_once(tmp_path):
    study = study_of()
    classes = "dataset,class,count\n" + "".join(
        f"{data},a,{n // 2}\n{data},b,{n - n // 2}\n" for data, n in study.rows.items()
    )
    study.right["set1", "MethodA"][0] = study.rows["set1"] // 2
    quiet(tmp_path, write_runs(study), "--classes=c.csv", **{"c.csv": classes})


def test_a_mean_just_within_the_rounding(tmp_path):
    """Halves may go up, down or to the even digit: 12.345 is printed as 12.34 or 12.35."""
    study = small_study(runs=8)  # steps of 0.125
    text = write_wide(study)
    for shown in ("71.12", "71.13"):
        sd = text.splitlines()[1].split(",")[1].split("(")[1]
        edited = edit(text, "set0", 1, f"{shown} ({sd}")
        audited = audit(
            tmp_path, write_case({"t.csv": edited}, tmp_path, ["--n=8", "--test-rows=100"])
        )
        assert not audited.of("TAB201")


def test_dropped_zeros(tmp_path):
    study = small_study()
    lines = write_wide(study).splitlines()
    short = [line.replace("0 (", " (").replace("0)", ")").replace(".0 (", " (") for line in lines]
    assert short != lines
    quiet(tmp_path, "\n".join(short), "--n=3", "--test-rows=100")


def test_all_sds_divided_by_n(tmp_path):
    quiet(tmp_path, write_wide(small_study(), ddof=0), "--n=3", "--test-rows=100")


def test_the_largest_sd_that_is_possible(tmp_path):
    """Four runs of which two have 0 % and two have 100 %."""
    text = edit(write_wide(study_of(runs=4)), "set2", 1, "50.00 (57.74)")
    audited = audit(tmp_path, write_case({"t.csv": text}, tmp_path, ["--n=4"]))
    assert not audited.of("TAB204")
    text = edit(text, "set2", 1, "50.00 (57.76)")
    audited = audit(tmp_path, write_case({"t.csv": text}, tmp_path, ["--n=4"]))
    assert audited.of("TAB204")


def test_a_loss_has_no_upper_end(tmp_path):
    study = study_of()
    text = write_runs(study, 3.0).replace("accuracy", "loss")
    audited = quiet(tmp_path, text)
    assert "scale number" in audited.read[0]


def test_methods_that_agree_on_most_data_sets_only_at_100_percent(tmp_path):
    study = study_of()
    for i in range(10):
        for method in ("MethodA", "MethodB"):
            n = study.rows[f"set{i}"]
            study.right[f"set{i}", method] = np.full(5, n)
    quiet(tmp_path, write_wide(study), "--n=5")


def test_small_percentages_with_the_digits_of_the_others(tmp_path):
    text = edit(write_wide(study_of(), "{}"), "set3", 2, "0.93")
    quiet(tmp_path, text)


def test_two_tables_of_other_seeds_with_other_numbers_of_runs(tmp_path):
    study = study_of(sets=25)
    other = write_runs(rerun(study, 7, 10)).replace("MethodA", "method-a")
    audited = quiet(tmp_path, write_runs(study), "--against=o.csv", **{"o.csv": other})
    assert len(audited.read) == 2


def test_a_summary_whose_columns_have_other_names(tmp_path):
    text = write_summary(study_of()).replace("std", "dispersion").replace("mean", "center")
    quiet(tmp_path, text, "--mean=center", "--sd=dispersion", name="t.tsv")


def test_test_rows_in_a_column_of_a_wide_table(tmp_path):
    study = study_of()
    audited = quiet(tmp_path, add_rows(write_wide(study), study), "--n=5")
    assert "test rows n_test" in audited.read[0]
