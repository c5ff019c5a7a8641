"""What `audit` says of each script of the corpus: the line that was planted, and nothing of others.

The few that every run of the tests audits are quick; the slow tests have one of each kind.
"""

from __future__ import annotations

import pytest
from audited import SAME, audit, find_mark, read_named
from corpus import copy_script, read_manifest, run_script

SCRIPTS = {each.script: each for each in read_manifest()}

QUICK = {
    *("planted/option_pricing.py", "planted/class_indices.py", "planted/late_seed_split.py"),
    *("planted/default_seed_argument.py", "clean/words_sorted_set.py"),
}
"""Scripts that every run of the tests audits."""

SLOW = {
    *("planted/first_model.ipynb", "planted/csv_pipeline_shuffle.py"),
    *("planted/parallel_augment.py", "planted/hydra_ridge/main.py", "clean/digits_seeded.py"),
}
"""Scripts that the slow tests audit; the others are for the exhaustive ones."""

UNNAMED = {
    "planted/threaded_loader.py": "threads that append to one list leave no trace; the line that"
    " starts them is named instead",
}
"""Scripts whose planted line is not named, with why."""


def choose(scripts):
    """One test a script, with its mark."""
    return [
        pytest.param(
            each,
            id=each.script,
            marks=()
            if each.script in QUICK
            else (pytest.mark.slow if each.script in SLOW else pytest.mark.exhaustive),
        )
        for each in scripts
    ]


@pytest.mark.process
@pytest.mark.parametrize(
    "script", choose(e for e in SCRIPTS.values() if e.outcome == "differs" and not e.leaves)
)
def test_the_planted_line_is_named_first(tmp_path, script):
    ended = audit(script, tmp_path / "work")
    (verdict,) = ended.results.table["verdict"]
    assert verdict == "uncontrolled", ended.out
    named = read_named(ended)
    assert (named[0] == find_mark(script)) is (script.script not in UNNAMED), ended.out


@pytest.mark.process
@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "script",
    [
        pytest.param(e, id=e.script)
        for e in SCRIPTS.values()
        if e.outcome == "differs" and not e.leaves
    ],
)
def test_the_same_line_is_named_under_spawn(tmp_path, script):
    ended = audit(script, tmp_path / "work", "--with", "isolation=spawn")
    named = read_named(ended)
    assert (named[0] == find_mark(script)) is (script.script not in UNNAMED), ended.out


@pytest.mark.process
@pytest.mark.parametrize(
    "script",
    choose(e for e in SCRIPTS.values() if e.kind in ("seed-in-function", "constant-seed")),
)
def test_the_seed_that_keeps_runs_the_same_is_named(tmp_path, script):
    ended = audit(script, tmp_path / "work")
    assert set(ended.results.table["verdict"]) <= set(SAME), ended.out
    assert find_mark(script) in read_named(ended), ended.out


@pytest.mark.process
@pytest.mark.parametrize("script", choose(e for e in SCRIPTS.values() if e.leaves))
def test_what_a_run_leaves_reaches_no_other(tmp_path, script):
    ended = audit(script, tmp_path / "work")
    assert set(ended.results.table["verdict"]) <= set(SAME), ended.out


@pytest.mark.process
@pytest.mark.parametrize("script", choose(e for e in SCRIPTS.values() if not e.planted))
def test_a_clean_script_repeats_and_is_not_changed(tmp_path, script):
    ended = audit(script, tmp_path / "work")
    assert set(ended.results.table["verdict"]) <= set(SAME), ended.out
    printed = (ended.sweep / "0" / "run.log").read_text("utf-8").strip().splitlines()
    plain = tmp_path / "plain"
    plain.mkdir()
    alone = run_script(script, copy_script(script, plain), 1)
    # A listing in another order may give other results; runs must agree, and they do.
    if script.listing is None:
        assert printed[-1] == alone.result
