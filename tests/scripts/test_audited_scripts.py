"""What `audit` says of each script of the corpus: the line that was planted, and nothing of others.

The few that every run of the tests audits are quick; the slow tests have one of each kind.
"""

from __future__ import annotations

import json
import re
import shutil

import pytest
from conftest import run_cli
from corpus import HERE, MARK, Script, copy_script, read_manifest, run_script

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

SAME = ("repeatable", "deterministic", "collapsed")

LINE = re.compile(r"[\w./-]+\.(?:py|ipynb)(?:\[\d+\])?:\d+")


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


def find_mark(script: Script) -> str:
    """The place of the planted line, as `audit` writes places."""
    folder = HERE / script.name if (HERE / script.name).is_dir() else HERE / "planted"
    for path in script.code:
        shown = path.relative_to(folder).as_posix()
        parts = [(shown, path.read_text("utf-8"))]
        if path.suffix == ".ipynb":
            cells = [c for c in json.loads(parts[0][1])["cells"] if c["cell_type"] == "code"]
            parts = [(f"{shown}[{n}]", "".join(c["source"])) for n, c in enumerate(cells, 1)]
        for name, text in parts:
            for number, line in enumerate(text.split("\n"), 1):
                if MARK in line:
                    return f"{name}:{number}"
    raise AssertionError(f"{script.script} has no marked line")


def audit(script: Script, place, *options: str):
    """Audit a copy of a script, and return how the command ended."""
    source = HERE / script.name
    if source.is_dir():
        shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        place.mkdir()
        shutil.copy(source, place)
    name = (HERE / script.script).relative_to(source if source.is_dir() else source.parent)
    listing = ["--shuffle-listings"] if script.listing else []
    command = ["audit", "--replicates", "3", "--with", "replays=0", *listing, *options]
    # The arguments keep their order: what follows the script's name is the script's own.
    return run_cli(place, *command, str(name), *script.arguments, keep_order=True)


def read_named(ended) -> list[str]:
    """The places that the sentence names, in its order."""
    return LINE.findall(" ".join(ended.results.sentences))


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
