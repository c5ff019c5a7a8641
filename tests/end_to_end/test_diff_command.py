"""`diff`: two runs side by side, from real sweeps and from records written for the purpose."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from conftest import Ended, run_cli
from synthetic import fingerprints, outputs, write

from runner.commands.diff import diff
from runner.errors import ConfigError
from runner.record.store import read_run

LONG_NAME = "init/bidirectional/forward_gru/gru_cell/recurrent_kernel/of_a_long_one"


@dataclass(frozen=True)
class Sweep:
    """A real one: data x seed, two replicates each. Images do not fit into the article's data."""

    ended: Ended

    def run(self, data: str, seed: str, replicate: int) -> str:
        """Directory of one run."""
        for path in self.ended.sweep.glob("*/record.json"):
            record = read_run(path)
            said = (
                record.configuration.overrides["data"],
                record.configuration.overrides["seed"],
                record.replicate,
            )
            if said == (data, seed, replicate):
                return str(path.parent)
        raise AssertionError("no such run")

    def diff(self, *arguments: str, **environment: str) -> Ended:
        """The command's answer."""
        return run_cli(self.ended.cwd, "diff", *arguments, **environment)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    ended = run_cli(
        tmp_path_factory.mktemp("sweep"),
        "data=digits,article", "seed=fixed,derived", "seed.vary=[order]", "model=cnn",
        "train.epochs=1", "replicates=2", "replays=0", "-m",
    )  # fmt: skip
    assert ended.status == 1, ended.err
    assert (ended.results.runs["status"] == "failed").sum() == 4
    return Sweep(ended)


@pytest.fixture
def written(tmp_path):
    """Two records and where they are."""

    def make(a=None, b=None) -> tuple[str, str]:
        write(tmp_path / "one", 0, outputs(), **(a or {}))
        write(tmp_path / "two", 5, outputs(), **(b or {}))
        return str(tmp_path / "one" / "0"), str(tmp_path / "two" / "5")

    return make


# --- real runs


def test_runs_of_one_fixed_seed_are_the_same(sweep):
    pair = [sweep.run("digits", "fixed", replicate) for replicate in (0, 1)]
    shown = sweep.diff(*pair)
    assert (shown.status, shown.err) == (0, "")
    assert shown.out.endswith(
        "\nThe runs are the same, bit for bit, in every stage, metric and output recorded.\n"
    )
    assert shown.out.count(" stages the same: data ... outputs\n") == 2
    assert "\nhash_seed " in shown.out  # of another parent, which did not matter
    assert "overrides" not in shown.out
    # A record's own path is as good, and so is another directory to start from.
    again = run_cli(Path(pair[0]), "diff", "record.json", str(Path(pair[1], "record.json")))
    assert again.status == 0
    assert again.out.splitlines()[4:] == shown.out.splitlines()[4:]


def test_runs_that_vary_in_order_first_part_there(sweep):
    pair = [sweep.run("digits", "derived", replicate) for replicate in (0, 1)]
    shown = sweep.diff(*pair)
    assert (shown.status, shown.err) == (1, "")
    before, first = shown.out.split("\nbuild 0\n")[1].splitlines()[:2]
    assert before.endswith(" stages the same: data ... init/dense/bias")
    assert first.split()[0] == "order/0"
    assert first.endswith("  differs")
    records = [read_run(Path(each, "record.json")) for each in pair]
    seeds = " and ".join(str(record.seeds["order"]) for record in records)
    conclusion = " ".join(shown.out.split("\n\n")[-1].split())
    assert conclusion == (
        "The runs first part in build 0 at order/0: the source order drives it, and its seeds"
        f" ({seeds}) differ."
    )


def test_json_says_the_same(sweep):
    pair = [sweep.run("digits", "derived", replicate) for replicate in (0, 1)]
    shown = sweep.diff(*pair, "--format=json")
    assert shown.status == 1
    found = json.loads(shown.out)
    assert (found["a"], found["b"], found["same"]) == (*pair, False)
    assert [build["first"] for build in found["builds"]] == ["order/0", "order/0"]
    sizes, kept = found["outputs"], [np.load(Path(each, "outputs.npz"))["outputs"] for each in pair]
    assert sizes["shapes"] == [list(kept[0].shape)] * 2
    gaps = np.abs(kept[0].astype(float) - kept[1])
    assert sizes["elements"]["max_abs"] == gaps.max()
    assert gaps[tuple(sizes["elements"]["place"])] == gaps.max()
    labels = [each[0, 0].argmax(axis=-1) for each in kept]
    assert sizes["labels_differing"] == (labels[0] != labels[1]).sum()


def test_configurations_that_differ_are_named(sweep):
    shown = sweep.diff(*(sweep.run("digits", seed, 0) for seed in ("fixed", "derived")))
    assert shown.status == 1
    # The derived split has a seed of its own.
    assert "first part in build 0 at split: the configurations differ in seed" in shown.out
    (line,) = [line for line in shown.out.splitlines() if line.startswith("seed  ")]
    assert line.split() == ["seed", "fixed", "derived"]


@pytest.mark.parametrize(("other", "who"), [("digits", "Run A"), ("article", "Both runs")])
def test_a_failed_run_is_not_the_same_as_any(sweep, other, who):
    shown = sweep.diff(sweep.run("article", "fixed", 0), sweep.run(other, "fixed", 1))
    assert (shown.status, shown.err) == (1, "")
    assert shown.out.endswith(f"\n{who} failed, so nothing shows that they give the same.\n")
    assert "does not fit inputs of shape (2,)" in " ".join(shown.out.split())
    assert "outputs: not compared\n" in shown.out


# --- how it reads


@pytest.mark.parametrize("columns", [80, 100, 160])
def test_it_fits_the_width(written, tmp_path, columns):
    stages = {"data": "d" * 16, LONG_NAME: "1" * 16, "order/0": "2" * 16, "outputs": "3" * 16}
    changed = {**stages, LONG_NAME: "4" * 16, "order/0": "5" * 16}
    pair = written(
        {"fingerprints": [stages], "overrides": {"train.augment.function.stddev": "0.1" * 30}},
        {"fingerprints": [changed], "metrics": [{"loss": 0.25, "accuracy": 0.75}]},
    )
    shown = run_cli(tmp_path, "diff", *pair, COLUMNS=str(columns))
    assert shown.status == 1
    text = shown.out.splitlines()[2:]  # the paths may be longer
    assert max(len(line.rstrip()) for line in text) <= columns
    assert "\x1b" not in shown.out
    digits = 8 if columns < 100 else 16
    words = [line.split() for line in text]
    assert ["order/0", "2" * digits, "5" * digits, "differs"] in words
    # A name that leaves no room for the digests has a line of its own.
    said = ["1" * digits, "4" * digits, "differs"]
    assert ([LONG_NAME, *said] in words) is (columns == 160)
    assert ([LONG_NAME] in words and said in words) is (columns < 160)
    assert ["loss", "0.5", "0.25", "differs", "by", "0.25"] in words


def test_every_stage_is_shown_when_asked_for(written, tmp_path):
    other = fingerprints(**{"order/0": "x"}) * 2
    pair = written({"fingerprints": fingerprints() * 2}, {"fingerprints": other})
    assert "2 stages the same: data ... init/a" in run_cli(tmp_path, "diff", *pair).out
    shown = run_cli(tmp_path, "diff", "--all", *pair).out
    lines = [line.split() for line in shown.partition("\nbuild 0\n")[2].splitlines()[:4]]
    assert [line[0] for line in lines] == ["data", "init/a", "order/0", "outputs"]
    assert [line[-1] for line in lines] == ["same", "same", "differs", "same"]


def test_arrays_that_are_not_kept_are_compared_by_digest(written, tmp_path):
    pair = written()
    (tmp_path / "one" / "0" / "outputs.npz").unlink()
    shown = run_cli(tmp_path, "diff", *pair)
    assert shown.status == 0, shown.err
    assert "outputs: same, by their digests; the arrays themselves are not kept" in shown.out


def test_numbers_that_json_lacks_are_words(tmp_path):
    for name, loss in (("one", float("nan")), ("two", float("inf"))):
        values = np.full((1, 1, 2, 2), loss)
        write(tmp_path / name, 0, values, metrics=[{"loss": loss}])
    shown = run_cli(tmp_path, "diff", "one/0", "two/0", "--format=json")
    found = json.loads(shown.out, parse_constant=lambda word: pytest.fail(word))
    assert found["builds"][0]["metrics"] == [{"name": "loss", "a": "nan", "b": "inf"}]
    assert found["outputs"]["elements"]["values"] == ["nan", "inf"]
    assert found["outputs"]["elements"]["max_abs"] is None


# --- wrong commands


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    directory = tmp_path_factory.mktemp("places")
    for job in range(7):
        write(directory / "sweep", job, outputs())
    (directory / "notes").mkdir()
    (directory / "notes" / "todo.txt").write_text("")
    (directory / "empty").mkdir()
    write(directory / "bad", 0, outputs())
    (directory / "bad" / "0" / "record.json").write_text("{")
    write(directory / "bad", 1, outputs())
    (directory / "bad" / "1" / "outputs.npz").write_bytes(b"no")
    return directory


WRONG = {
    "nosuch sweep/0": "RUN_A: no such file or directory. Received: nosuch",
    "sweep/0 nosuch/record.json": "RUN_B: no such file or directory. Received: nosuch/record.json",
    "sweep sweep/0": (
        "RUN_A: must be the directory of one run. Received: sweep."
        " Runs in it: sweep/0, sweep/1, sweep/2, sweep/3, sweep/4 and 2 more"
    ),
    "sweep/0 notes": (
        "RUN_B: must be a run's directory, with a record.json. Received: notes. It holds todo.txt"
    ),
    "sweep/0 empty": (
        "RUN_B: must be a run's directory, with a record.json. Received: empty. It is empty"
    ),
    "notes/todo.txt sweep/0": (
        "RUN_A: must be a run's directory or its record.json. Received: notes/todo.txt"
    ),
    "sweep/0 bad/0": "RUN_B: bad/0/record.json: cannot be read as a record (",
    "bad/1 sweep/0": "RUN_A: bad/1/outputs.npz: its checksum does not match the record",
}


@pytest.mark.parametrize("arguments", WRONG)
def test_what_is_no_run_is_refused(places, monkeypatch, arguments):
    monkeypatch.chdir(places)
    a, b = map(Path, arguments.split())
    with pytest.raises(ConfigError) as raised:
        diff(a, b)
    assert str(raised.value).startswith(WRONG[arguments])
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("sweep sweep/0", WRONG["sweep sweep/0"]),
        ("sweep/0", "diff: missing argument 'RUN_B'. See python -m runner diff --help"),
    ],
)
def test_a_wrong_command_gets_one_line(places, arguments, line):
    shown = run_cli(places, "diff", *arguments.split())
    assert (shown.status, shown.out, shown.err) == (2, "", f"{line}\n")
