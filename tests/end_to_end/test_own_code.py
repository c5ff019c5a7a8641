"""Training code that is not declared: functions and programs, through the command line."""

from __future__ import annotations

import importlib.util
import json

import pandas as pd
import pytest
from conftest import APPS, run_cli

pytestmark = pytest.mark.slow

PROGRAM = f'task.command=[python,{APPS}/own_program.py,--seed,"{{seed}}"]'
FILES = ("task.outputs=[predictions.npy]", "task.metrics=[metrics.json]")


def function(name):
    return ("task=function", f"task.function=own_training.{name}")


# --- functions


@pytest.fixture(scope="module")
def numpy_runs(tmp_path_factory):
    seeds = "seed=unset,fixed,random"
    return run_cli(
        tmp_path_factory.mktemp("numpy"), *function("with_numpy"), seeds, "replicates=3", "-m"
    )


def test_a_numpy_function_gets_every_verdict_that_it_deserves(numpy_runs):
    assert numpy_runs.status == 0, numpy_runs.err
    rows = numpy_runs.rows("seed")
    verdicts = {seed: row["verdict"] for seed, row in rows.items()}
    assert verdicts == {"unset": "uncontrolled", "fixed": "repeatable", "random": "seed-driven"}
    assert rows["fixed"]["across_builds"] == "same"  # it seeds itself anew at each call
    assert rows["unset"]["first_divergence"] == "init/weights"
    assert rows["unset"]["varies_with"] == "init"


def test_tensorflow_is_not_imported_for_it(numpy_runs):
    runs = numpy_runs.results.runs
    assert (runs["tensorflow_imported"] == 0).all()
    assert (runs["peak_rss_bytes"] < 300 * 2**20).all()
    assert runs["accuracy"].between(0, 1).all()


def test_its_inputs_and_labels_are_known(numpy_runs):
    assert numpy_runs.rows("seed")["random"]["across_inputs"] == "differs"
    (outputs, *_) = numpy_runs.results.outputs.values()
    assert outputs.present.shape[1:] == (2, 1, 6, 3)
    assert len(set(outputs.inputs.tolist())) == 6


def test_global_generators_are_seeded_as_a_script_s_would_be(cli):
    ended = cli(*function("with_global_numpy"), "seed=unset,fixed", "replicates=4", "-m")
    rows = ended.rows("seed")
    assert (rows["unset"]["across_runs"], rows["fixed"]["across_runs"]) == ("differs", "same")
    assert rows["fixed"]["across_builds"] == "differs"
    # No stage of it is known, so nobody can say that it is the implementation.
    assert pd.isna(rows["unset"]["varies_with"])
    assert rows["unset"]["first_divergence"] == "outputs"


def test_derived_seeds_reach_it_by_source(cli):
    vary = "seed.vary=[],[init],[order]"
    ended = cli(*function("by_source"), "seed=derived", vary, "replicates=3", "builds=1", "-m")
    found = {vary: row["varies_with"] for vary, row in ended.rows("seed.vary").items()}
    assert (found["[init]"], found["[order]"]) == ("init", "order")
    assert pd.isna(found["[]"])


def test_a_callable_is_called_as_often_as_asked(cli):
    ended = cli(*function("noisy_calls"), "calls=3", "replicates=2", "-m")
    (row,) = ended.results.table.to_dict("records")
    assert (row["across_calls"], row["across_builds"]) == ("differs", "same")
    (outputs,) = ended.results.outputs.values()
    assert outputs.present.shape == (2, 2, 3, 5, 2)


@pytest.mark.slow
def test_a_keras_function_is_seeded_where_keras_is_preloaded(cli):
    ended = cli(
        *function("with_keras"), "seed=unset,fixed", "replicates=2", "builds=1",
        "task.preload=[tensorflow,keras]", "-m",
    )  # fmt: skip
    assert ended.status == 0, ended.err
    rows = ended.rows("seed")
    assert (rows["unset"]["verdict"], rows["fixed"]["verdict"]) == ("uncontrolled", "repeatable")
    assert rows["fixed"]["loss_mean"] > 0


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_a_pytorch_function(cli):
    ended = cli(*function("with_torch"), "seed=fixed,random", "replicates=2", "builds=1", "-m")
    rows = ended.rows("seed")
    assert (rows["fixed"]["verdict"], rows["random"]["verdict"]) == ("repeatable", "seed-driven")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nothing", "task.function: must give at least one array of outputs, with a row for each"),
        ("no_mapping", "task.function: must give a mapping of arrays and numbers. Received: nda"),
        ("raises", "KeyError: 'weights'"),
        (
            "takes_one",
            "task.function: must be a function that is called as main(config, seeds)."
            " Received: own_training.takes_one(seed). See docs/own-code.md",
        ),
        ("no_such", "task.function: cannot be imported. Received: own_training.no_such"),
        (
            "nothin",
            "task.function: cannot be imported. Received: own_training.nothin. Did you mean"
            " 'own_training.nothing'?",
        ),
    ],
)
def test_what_is_wrong_with_a_function_is_one_line(cli, name, reason):
    ended = cli(*function(name))
    assert (ended.status, ended.out) == (1, "")
    (line,) = ended.err.splitlines()
    assert reason in line


# --- programs


@pytest.fixture(scope="module")
def program_runs(tmp_path_factory):
    return run_cli(
        tmp_path_factory.mktemp("program"), "task=command", PROGRAM, *FILES,
        "+task.environment.MODE=audit", "seed=fixed,random", "replicates=3", "-m",
    )  # fmt: skip


def test_a_program_gets_the_seed_and_its_files_are_read(program_runs):
    assert program_runs.status == 0, program_runs.err
    rows = program_runs.rows("seed")
    assert (rows["fixed"]["verdict"], rows["random"]["verdict"]) == ("repeatable", "seed-driven")
    assert rows["fixed"]["test.accuracy_sd"] == 0
    assert rows["random"]["test.accuracy_sd"] > 0


def test_each_build_has_a_directory_of_its_own_and_the_declared_environment(program_runs):
    seen = [json.loads(path.read_text()) for path in program_runs.sweep.glob("*/build?/seen.json")]
    assert len(seen) == 2 * (3 + 3 + 1)
    assert len({each["cwd"] for each in seen}) == len(seen)
    assert {each["mode"] for each in seen} == {"audit"}
    assert (program_runs.sweep / "0" / "run.log").read_text().count("training\n") == 2


def test_nobody_knows_the_hash_seed_of_a_program(program_runs):
    assert program_runs.results.runs["hash_seed"].isna().all()


def test_a_program_that_fails_says_its_last_line(cli):
    ended = cli("task=command", PROGRAM.replace("]", ",--fail]"), *FILES)
    assert ended.status == 1
    assert "failed: the command exited with status 1: no such dataset" in ended.err


def test_files_that_are_not_there_and_programs_that_are_not(cli):
    ended = cli("task=command", PROGRAM, "task.outputs=[other.npy]")
    assert "task.outputs: the command did not write it. Received: other.npy" in ended.err
    ended = cli("task=command", "task.command=[no-such-program]", "task.outputs=[a.npy]")
    assert "task.command: cannot be started (No such file or directory)" in ended.err


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Every second run differs in one thing, which a mode names."""
    directory = tmp_path_factory.mktemp("reports")
    (directory / "results.json").write_text("precious")
    command = f'[python,{APPS}/own_reports.py,"${{task.params.mode}}","{{replicate}}",results.json]'
    return run_cli(
        directory, "task=command", f"task.command={command}",
        "+task.params.mode=none,text,names,file,ulp", "seed=fixed", "replicates=2", "builds=1",
        "task.outputs=[table.csv,train/p.npy,test/p.npy]", "task.metrics=[results.json]", "-m",
    )  # fmt: skip


def test_nothing_that_a_program_s_files_say_is_lost(reports):
    assert reports.status == 0, reports.err
    rows = reports.rows("task.params.mode").items()
    assert {mode: row["verdict"] for mode, row in rows} == {
        "none": "repeatable",
        "text": "uncontrolled",
        "names": "uncontrolled",
        "file": "uncontrolled",
        "ulp": "rounding",
    }
    firsts = {mode: row["first_divergence"] for mode, row in rows}
    assert (firsts["text"], firsts["names"]) == ("outputs", "outputs/names")


def test_a_file_where_the_sweep_starts_is_never_written_by_its_runs(reports):
    assert (reports.cwd / "results.json").read_text() == "precious"
    assert (reports.results.runs["loss"] == reports.results.runs["replicate"]).all()


def test_what_no_run_has_a_value_for_is_refused_before_any(cli):
    ended = cli("task=command", 'task.command=[python,"{print}"]', "task.outputs=[a.npy]", "-m")
    assert (ended.status, ended.out) == (2, "")
    reason = "there is no such value here, only {replicate}, {build}, {seed}. Received: {print}."
    assert f"task.command[1]: {reason}" in ended.err
    assert not (ended.cwd / "outputs").exists()


def test_an_existing_hydra_application_as_it_is(cli):
    arguments = f'[python,{APPS}/hydra_program.py,"+seed={{seed}}","hydra.run.dir=."]'
    ended = cli(
        "task=command", f"task.command={arguments}", "task.outputs=[out.npz]",
        "seed=fixed,random", "replicates=2", "builds=1", "-m",
    )  # fmt: skip
    assert ended.status == 0, ended.err
    rows = ended.rows("seed")
    assert (rows["fixed"]["verdict"], rows["random"]["verdict"]) == ("repeatable", "seed-driven")


def test_code_of_the_users_needs_no_model_that_keras_could_make(cli):
    """Neither the model nor the data of a config is looked at where a function trains."""
    ended = cli(
        *("task=function", "task.function=own_training.with_numpy", "replicates=2", "replays=0"),
        *("model._target_=nosuch_package.Model", "-m"),
        RUNNER_TRUST="own_training,nosuch_package",
    )
    assert ended.status == 0, ended.err


def test_help_fits_the_terminal(cli):
    ended = cli("--help", COLUMNS="72")
    assert ended.status == 0
    assert max(map(len, ended.out.splitlines())) <= 72
