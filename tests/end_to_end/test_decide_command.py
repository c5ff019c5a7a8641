"""`decide`: real rounds of pairs, each decision and exit status, and going on with it."""

from __future__ import annotations

import json
import shutil

import pytest
from conftest import run_cli

from runner.compare.metric_samples import read_samples
from runner.record.reader import read_stored

FUNCTION = ("task=function", "task.function=deciding.main", "workers=2", "isolation=fork")
B_BETTER = ("--a", "+task.params.gain=0.1", "--b", "+task.params.gain=0.4")


def decide(path, *arguments, **settings):
    return run_cli(path, "decide", *arguments, *FUNCTION, keep_order=True, **settings)


@pytest.fixture(scope="module")
def decided(tmp_path_factory):
    """B is better; found by bounded differences, which takes several rounds."""
    path = tmp_path_factory.mktemp("decided")
    return decide(
        path, *B_BETTER, "--difference", "0.05", "--largest", "0.5", "--max-pairs", "40",
        "--format", "json", "--directory", "it",
    )  # fmt: skip


def test_b_is_better(decided):
    assert decided.status == 0, decided.err
    content = json.loads(decided.out)
    assert (content["decision"], content["exit_status"]) == ("b", 0)
    look = content["trail"][content["pairs"] - 1]
    assert look["low"] > 0.05
    assert content["trail"][content["pairs"] - 2]["low"] <= 0.05
    assert look["mean"] == pytest.approx(0.3, abs=0.03)
    assert content["why"] is None
    assert json.loads((decided.cwd / "it/decision.json").read_text()) == content


def test_both_runs_of_a_pair_have_one_seed_and_no_two_pairs_do(decided):
    stored, problems = read_stored(decided.cwd / "it")
    assert problems == []
    pairs = {}
    for each in stored:
        pairs.setdefault(each.record.replicate, []).append(each.record.seeds["value"])
    assert all(len(seeds) == 2 and len(set(seeds)) == 1 for seeds in pairs.values())
    assert len({seeds[0] for seeds in pairs.values()}) == len(pairs)
    assert len(list((decided.cwd / "it").glob("round_*"))) > 1
    assert len(json.loads(decided.out)["trail"]) == len(pairs)


def test_what_it_leaves_is_read_as_sweeps_are(decided):
    read = read_samples(decided.cwd / "it")
    assert [len(each.values) for each in read.samples] == [
        len(json.loads(decided.out)["trail"])
    ] * 2
    ended = run_cli(decided.cwd, "statistics", "it", "--format", "json", keep_order=True)
    (row,) = json.loads(ended.out)["comparisons"]
    assert (row["paired"], row["decision"]) == (True, "B higher")


def test_a_round_is_not_resumed_by_itself(decided):
    ended = run_cli(decided.cwd, "resume", "it/round_1")
    assert ended.status == 2
    assert ended.err == (
        "resume: is a round of a decision. Received: it/round_1. Type: python -m runner decide"
        " --resume it\n"
    )


@pytest.mark.slow
def test_an_interrupted_decision_is_gone_on_with(decided, tmp_path):
    """A run that is gone is made again with its seed, and comes to the same value."""
    content = json.loads(decided.out)
    shutil.copytree(decided.cwd / "it", tmp_path / "it")
    shutil.rmtree(tmp_path / "it/round_1/1")
    (tmp_path / "it/decision.json").unlink()
    ended = run_cli(tmp_path, "decide", "--resume", "it", "--format", "json", keep_order=True)
    assert ended.status == 0, ended.err
    again = json.loads(ended.out)
    assert (again["values"], again["trail"]) == (content["values"], content["trail"])


@pytest.mark.slow
def test_the_other_way_round_a_is_better(tmp_path):
    ended = decide(
        tmp_path, "--a", "+task.params.gain=0.4", "--b", "+task.params.gain=0.1",
        "--method", "normal",
    )  # fmt: skip
    assert ended.status == 1, ended.err
    lines = ended.out.splitlines()
    assert lines[0] == "A: +task.params.gain=0.4"
    assert lines[-2].startswith("a: A is better than B by more than 0 in accuracy, after ")


@pytest.mark.slow
def test_a_little_better_is_not_better_by_that_much(tmp_path):
    ended = decide(
        tmp_path, "--a", "+task.params.gain=0.1", "--b", "+task.params.gain=0.12",
        "--difference", "0.1", "--method", "normal", "seed=derived",
    )  # fmt: skip
    assert ended.status == 1, ended.err
    assert "not better: B is not better by 0.1 in accuracy, after " in ended.out


@pytest.mark.slow
def test_a_loss_is_better_where_it_is_lower_and_is_taken_for_normal(tmp_path):
    ended = decide(tmp_path, *B_BETTER, "--metric", "cost_loss", "--format", "json")
    content = json.loads(ended.out)
    assert (ended.status, content["higher_is_better"], content["method"]) == (0, False, "normal")


@pytest.mark.slow
def test_too_few_pairs_are_undecided_until_more_are_allowed(tmp_path):
    ended = decide(tmp_path, *B_BETTER, "--max-pairs", "3", "--directory", "it")
    assert ended.status == 2
    assert "undecided after 3 pairs (" in ended.out
    assert "which is not to say that A and B do not differ." in ended.out
    assert "3 pairs settle only what is far from 0: were B better by 0.01" in ended.out
    ended = run_cli(
        tmp_path,
        "decide",
        "--resume",
        "it",
        "--max-pairs",
        "40",
        "--format",
        "json",
        keep_order=True,
    )
    assert ended.status == 0, ended.err
    content = json.loads(ended.out)
    assert content["pairs"] > 3
    assert len(content["values"]) == len(content["trail"])


@pytest.mark.slow
def test_a_failed_run_is_undecided_and_never_not_better(tmp_path):
    ended = decide(tmp_path, *B_BETTER, "+task.params.fails=true", "--format", "json")
    assert ended.status == 2
    content = json.loads(ended.out)
    assert content["decision"] == "undecided"
    assert content["why"].startswith("a run failed, and without it its pair says nothing: ")
    assert "no luck" in content["why"]


@pytest.mark.slow
def test_a_missing_metric_is_undecided(tmp_path):
    ended = decide(tmp_path, *B_BETTER, "+task.params.missing=true")
    assert ended.status == 2
    assert "accuracy is nan in " in ended.out


@pytest.mark.slow
def test_a_difference_larger_than_stated_is_undecided(tmp_path):
    ended = decide(tmp_path, *B_BETTER, "--largest", "0.1")
    assert ended.status == 2
    assert "which --largest 0.1 says cannot be." in ended.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--a", "model=mlp"], "--b: must give the overrides of that side. Received: nothing"),
        (["--a", "x='", "--b", "y"], "--a: cannot be read (No closing quotation). Received: x='"),
        (["--a", "model=mlp", "--b", "model=mlp"], "--b: is the same configuration as --a."),
        (["--a", "model=mlp,cnn", "--b", "model=gru"], "--a: must be one configuration, without a"),
        (["--a", "model=mpl", "--b", "model=cnn"], "model: must be one of cnn, "),
        (["--a", "model=mlp", "--b", "model=cnn", "model=gru"], "--a: gives again what both have."),
        (["--a", "model=mlp", "--b", "model=cnn", "replicates=3"], "replicates: is for the rounds"),
        (["--a", "model=mlp", "--b", "model=cnn", "seed=fixed"], "seed: must be random or"),
        (["--a", "seed=random", "--b", "seed=derived"], "seed: must be the same for A and B,"),
        (["--a", "model=mlp", "--b", "model=cnn", "seed=derived", "seed.paired=false"],
         "seed.paired: must be true"),
        (["--a", "model=mlp", "--b", "model=cnn", "--metric", "r2"], "--better: must say which"),
        (["--a", "model=mlp", "--b", "model=cnn", "--difference", "2"],
         "--difference: must be less than the largest difference of a pair, 1. Received: 2.0"),
        (["--a", "model=mlp", "--b", "model=cnn", "--largest", "1", "--method", "normal"],
         "--largest: goes with --method bounded only. Received: 1.0"),
        (["--a", "model=mlp", "--b", "model=cnn", "--metric", "loss", "--method", "bounded"],
         "--largest: must be given, because"),
        (["--resume", "nowhere"], "--resume: no such directory. Received: nowhere"),
        (["--resume", "."], "--resume: is not the directory of a decision. Received: ."),
        (["--resume", ".", "--a", "x"], "--resume: goes on with what was asked;"),
    ],
)  # fmt: skip
def test_wrong_input_gets_one_line_and_leaves_nothing(tmp_path, arguments, message):
    ended = run_cli(tmp_path, "decide", *arguments, keep_order=True)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith(message)
    assert ended.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_metric_is_found_in_the_first_round(tmp_path):
    ended = decide(tmp_path, *B_BETTER, "--metric", "acuracy_loss")
    assert ended.status == 2
    (line,) = [each for each in ended.err.splitlines() if each.startswith("--metric")]
    assert line.startswith("--metric: the runs do not have this metric. Received: acuracy_loss.")
