"""The corpus of scripts is whole, and what its manifest says of each script is true."""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from corpus import (
    FOLDERS,
    HERE,
    MARK,
    Script,
    copy_script,
    find_code,
    read_manifest,
    read_source,
    run_script,
    to_script,
)

SCRIPTS = read_manifest()
PLANTED = [each for each in SCRIPTS if each.planted]
CLEAN = [each for each in SCRIPTS if not each.planted]

QUICK = {
    *("planted/default_seed_argument.py", "planted/glob_spectra/main.py"),
    *("planted/name_seed_shuffle.py", "clean/annealing_private_random.py"),
    "clean/integer_hashes.py",
}
"""Scripts that every run of the tests tries; the others take half an hour in all."""

OPPOSITE = {"differs": "same", "same": "differs"}

KINDS = {
    *("unseeded-keras", "unseeded-numpy", "unseeded-default-rng", "unseeded-random-state"),
    *("unseeded-python", "unseeded-tf-op", "tf-generator", "unseeded-shuffle"),
    *("own-seed-generator", "only-numpy-seeded", "only-tf-seeded", "tf-not-seeded"),
    *("seeded-too-late", "seed-never-called", "seed-none", "reseeded-from-clock"),
    *("seed-from-time", "seed-from-pid", "seed-from-urandom", "seed-from-uuid"),
    *("seed-from-secrets", "seed-from-hash", "set-order", "hash-bucket", "id-order"),
    *("listing-order", "completion-order", "parallel-map", "interleave", "unseeded-sklearn"),
    *("left-file", "seed-in-function", "constant-seed", "fixed-initializer"),
    *("loaded-weights", "cached-result", "collapsed"),
}

LIBRARIES = {
    *("tensorflow", "keras", "numpy", "pandas", "sklearn", "scipy", "hydra", "omegaconf"),
    *("absl", "h5py"),
}


def each_script(scripts: list[Script]) -> pytest.MarkDecorator:
    """One test a script, of which all but the quick ones are exhaustive."""
    rows = [
        pytest.param(
            each, id=each.name, marks=() if each.script in QUICK else pytest.mark.exhaustive
        )
        for each in scripts
    ]
    return pytest.mark.parametrize("script", rows)


def find_marked_lines(script: Script) -> list[str]:
    lines = [line for path in script.code for line in read_source(path).splitlines()]
    return [line for line in lines if MARK in line]


def find_imports(source: str) -> set[str]:
    """Top names of all modules that a source imports."""
    nodes = list(ast.walk(ast.parse(source)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def uses_tensorflow(script: Script) -> bool:
    found = set().union(*(find_imports(read_source(path)) for path in script.code))
    return bool(found & {"tensorflow", "keras"})


# --- the corpus is whole


def test_the_manifest_and_the_folders_name_the_same_scripts():
    found = {
        f"{folder}/{path.name}"
        for folder in FOLDERS
        for path in (HERE / folder).iterdir()
        if path.name != "__pycache__"
    }
    named = [each.name for each in SCRIPTS]
    assert sorted(named) == sorted(found)
    assert all((HERE / each.script).is_file() for each in SCRIPTS)


def test_there_are_enough_of_every_sort():
    assert len(PLANTED) >= 44
    assert len(CLEAN) >= 20
    without = [each for each in SCRIPTS if not uses_tensorflow(each)]
    assert len(SCRIPTS) / 3 <= len(without) <= len(SCRIPTS) * 2 / 3
    assert {each.kind for each in PLANTED} == KINDS
    assert {each.script for each in SCRIPTS} >= QUICK


@pytest.mark.parametrize("script", PLANTED, ids=lambda script: script.name)
def test_a_planted_script_has_one_marked_line_and_one_repair(script, tmp_path):
    (line,) = find_marked_lines(script)
    assert line.endswith(f"  {MARK}")
    assert script.outcome in OPPOSITE
    assert script.kind != "clean"
    assert script.repair
    copy_script(script, tmp_path, repaired=True)
    repaired = [path.read_text("utf-8") for path in tmp_path.rglob("*.py")]
    for source in repaired:
        ast.parse(source)
    assert sum(source.count(MARK) for source in repaired) == 1


@pytest.mark.parametrize("script", CLEAN, ids=lambda script: script.name)
def test_a_clean_script_has_no_marked_line_and_no_repair(script):
    assert find_marked_lines(script) == []
    assert (script.kind, script.outcome, script.remedy) == ("clean", "same", "none")
    assert (script.repair, script.leaves) == ((), None)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_is_short_and_needs_only_what_is_there(script):
    sources = {path.stem: read_source(path) for path in script.code}
    lines = sum(len(source.splitlines()) for source in sources.values())
    assert 15 <= lines <= 80
    allowed = LIBRARIES | set(sources) | set(sys.stdlib_module_names)
    for source in sources.values():
        assert find_imports(source) <= allowed
    assert script.listing in (None, "shuffled")


def test_pytest_collects_no_script():
    for folder in FOLDERS:
        for path in find_code(HERE / folder):
            assert not path.stem.startswith("test_"), path
            assert not path.stem.endswith("_test"), path


# --- what it says is true


@pytest.mark.process
@each_script(PLANTED)
def test_a_planted_script_has_its_outcome_and_executes_its_marked_line(script, tmp_path):
    main = copy_script(script, tmp_path)
    first = run_script(script, main, 1)
    left = script.leaves is None or (main.parent / script.leaves).is_file()
    second = run_script(script, main, 2, watched=True)
    assert outcome_of(first.result, second.result) == script.outcome
    assert second.reached
    assert left


@pytest.mark.process
@each_script(PLANTED)
def test_a_repaired_script_has_the_opposite_outcome(script, tmp_path):
    main = copy_script(script, tmp_path, repaired=True)
    results = [run_script(script, main, number).result for number in (1, 2)]
    assert outcome_of(*results) == OPPOSITE[script.outcome]


@pytest.mark.process
@each_script([each for each in PLANTED if each.leaves])
def test_without_the_file_left_behind_runs_agree(script, tmp_path):
    results = []
    for number in (1, 2):
        main = copy_script(script, tmp_path)
        results.append(run_script(script, main, number).result)
        (main.parent / str(script.leaves)).unlink()
    assert outcome_of(*results) == "same"


@pytest.mark.process
@each_script(CLEAN)
def test_a_clean_script_repeats(script, tmp_path):
    main = copy_script(script, tmp_path)
    results = [run_script(script, main, number).result for number in (1, 2)]
    assert outcome_of(*results) == "same"


def outcome_of(first: str, second: str) -> str:
    return "same" if first == second else "differs"


# --- the checks can fail

ROW = {"script": "planted/x.py", "kind": "k", "outcome": "same", "style": "s", "remedy": "r"}


@pytest.mark.parametrize("change", [{"kindd": "k"}, {"listings": "shuffled"}])
def test_an_unknown_key_is_found(change):
    assert to_script(dict(ROW)).kind == "k"
    with pytest.raises(TypeError):
        to_script({**ROW, **change})


def test_a_missing_key_is_found():
    with pytest.raises(TypeError):
        to_script({key: value for key, value in ROW.items() if key != "kind"})


@pytest.mark.parametrize("old", ["nowhere in the script", "import "])
def test_a_repair_that_does_not_fit_in_one_place_is_found(tmp_path, old):
    script = replace(PLANTED[0], repair=((old, ""),))
    with pytest.raises(ValueError, match="must occur once"):
        copy_script(script, tmp_path, repaired=True)


def run_text(tmp_path: Path, text: str, number: int, **facts):
    main = tmp_path / "main.py"
    main.write_text(text)
    return run_script(replace(to_script(dict(ROW)), **facts), main, number, watched=True)


@pytest.mark.process
def test_a_marked_line_that_is_never_executed_is_found(tmp_path):
    text = f"import sys\nif len(sys.argv) > 1:\n    print('marked')  {MARK}\nprint('end')\n"
    assert not run_text(tmp_path, text, 1).reached
    assert run_text(tmp_path, text, 2, arguments=("more",)).reached


@pytest.mark.process
def test_a_marked_line_in_a_thread_is_seen(tmp_path):
    text = (
        f"import threading\ndef f():\n    print('a')  {MARK}\nthreading.Thread(target=f).start()\n"
    )
    assert run_text(tmp_path, text, 1).reached


@pytest.mark.process
def test_a_script_that_fails_is_found(tmp_path):
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        run_text(tmp_path, f"print('begun')\n1 / 0  {MARK}\n", 1)


@pytest.mark.process
@pytest.mark.parametrize(
    "listing",
    [
        "os.listdir(folder)",
        "[entry.name for entry in os.scandir(folder)]",
        "[os.path.basename(path) for path in glob.glob(folder + '/*')]",
        "[path.name for path in pathlib.Path(folder).iterdir()]",
        "[path.name for path in pathlib.Path(folder).glob('*')]",
        "next(os.walk(folder))[2]",
    ],
)
def test_folders_are_listed_in_another_order_and_whole(tmp_path, listing):
    (tmp_path / "many").mkdir()
    names = sorted(f"{number:02d}" for number in range(30))
    for name in names:
        (tmp_path / "many" / name).touch()
    text = f"import glob, os, pathlib\nfolder = 'many'\nprint(*{listing})  {MARK}\n"
    first, second = (run_text(tmp_path, text, n, listing="shuffled").result for n in (1, 2))
    assert first != second
    assert sorted(first.split()) == sorted(second.split()) == names
