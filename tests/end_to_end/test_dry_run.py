"""A dry run tells what would run, and does nothing."""

from __future__ import annotations

import json

import pytest
from conftest import run_cli

from runner.report.dry_run import AXES

GRID = ("seed=fixed,random", "shuffle=on,off", "dry_run=true", "-m")

SHOWN = """\
seed    shuffle  to run  inputs   calls  builds   runs     lint
fixed   on       5       differs  same   differs  same
fixed   off      5       differs  same   differs  same     RUN207
random  on       6       differs  same   differs  differs
random  off      6       differs  same   differs  differs  RUN207

predicted
runs differ         each run has another seed and initial weights follow it [2 of 4]
runs are the same   a fixed seed reaches every source [2 of 4]
builds differ       seeds are set once and initial weights are drawn anew in each build
calls are the same  no layer is random when the model is called
inputs differ       every layer passes on what the inputs differ in

lint
RUN207 warning  shuffle.enabled: rows are never shuffled, so each epoch sees the same batches in the
                source's order; use shuffle=on [2 of 4]
RUN102 info     seed.scope: seeded once for 2 builds, so each build in a process gets other weights;
                use seed.scope=build where builds must agree
RUN402 info     replicates: 5 equal runs leave open that 52.7% of runs differ, with 95% confidence;
                use replicates=30 to bring that under 10%

4 configurations, 22 runs. Nothing was run or written.
"""


@pytest.fixture
def guarded(tmp_path):
    """Run the command line where importing TensorFlow or Keras leaves a trace."""
    modules = tmp_path / "modules"
    modules.mkdir()
    trace = tmp_path / "imported"
    for name in ("tensorflow", "keras"):
        (modules / f"{name}.py").write_text(f"open({str(trace)!r}, 'w')\n")

    def run(*arguments, **environment):
        work = tmp_path / "work"
        ended = run_cli(work, *arguments, PYTHONPATH=str(modules), **environment)
        assert not trace.exists()
        assert sorted(path.name for path in work.iterdir()) == []
        return ended

    return run


def lines(text):
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def test_a_grid_is_told_and_not_run(guarded):
    ended = guarded(*GRID)
    assert (ended.status, ended.err) == (0, "")
    assert lines(ended.out) == SHOWN


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (52, ["model", "seed", "train", "runs", "run", "to"]),
        (80, ["model", "seed", "train", "runs", "run", "to", *AXES]),
        (160, ["model", "seed", "train", "runs", "run", "to", "shuffle", "lint", *AXES]),
    ],
)
def test_what_fits_the_terminal_is_shown(guarded, width, columns):
    ended = guarded(
        "model=mlp_dropout,pinned", "seed=unset,random", "train=default,augmented", "shuffle=on",
        "dry_run=true", "-m", COLUMNS=str(width),
    )  # fmt: skip
    shown = lines(ended.out).splitlines()
    assert max(map(len, shown)) <= width
    assert set(shown[0].split()) == set(columns)
    assert "8 configurations, 44 runs." in ended.out.replace("\n", " ")


def test_a_single_run_is_told_and_not_run(guarded):
    ended = guarded("dry_run=true", "seed=random", "seed.value=7")
    assert (ended.status, ended.err) == (0, "")
    shown = lines(ended.out).splitlines()
    assert shown[0].split() == ["seed", "to", "run", *AXES]
    assert shown[1].split() == ["random", "1", "differs", "same", "differs", "differs"]
    assert shown[-1] == (
        "1 configuration, 1 run. Nothing was run or written. Add -m to see it with its replicates."
    )


def test_replicates_and_replays_are_counted(guarded):
    ended = guarded(
        "dry_run=true", "seed=unset,derived", "replicates=7", "replays=2", "-m"
    )  # fmt: skip
    runs = [line.split()[1] for line in ended.out.splitlines()[1:3]]
    assert runs == ["7", "9"]
    assert "2 configurations, 16 runs." in ended.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("train.epochs=1,-1", "-m"),
        ("train.epochs=-1",),
        ("seed=random", "seed.value=7", "-m"),
        ("dry_run=maybe",),
    ],
)
def test_what_is_wrong_is_told_as_without(guarded, arguments):
    ended = guarded("dry_run=true", *arguments)
    assert ended.status == 2
    assert ended.out == ""
    assert len(ended.err.splitlines()) == 1


def test_comments_silence_findings(guarded, tmp_path):
    mine = tmp_path / "my" / "train"
    mine.mkdir(parents=True)
    (mine / "loud.yaml").write_text("defaults: [default]\npipeline: [cache, batch, shuffle]\n")
    (mine / "silent.yaml").write_text(
        "defaults: [default]\npipeline: [cache, batch, shuffle]  # noqa: RUN201\n"
    )
    option = f"--config-dir={tmp_path / 'my'}"
    ended = guarded("dry_run=true", "train=loud,silent", option, "-m")
    rows = {line.split()[0]: line for line in ended.out.splitlines()[:3]}
    assert "RUN201" in rows["loud"]
    assert "RUN201" not in rows["silent"]
    assert "1 finding silenced" in ended.out
    single = guarded("dry_run=true", "train=silent", option)
    assert "RUN201" not in single.out


@pytest.mark.slow
def test_another_sweeper_does_not_train(cli):
    ended = cli("dry_run=true", "seed=fixed", "hydra/sweeper=basic", "-m")
    assert ended.status == 1
    assert "dry_run: needs hydra/sweeper=runner with -m" in ended.err
    records = [json.loads(path.read_text()) for path in ended.cwd.rglob("record.json")]
    assert [record["status"] for record in records] in ([], ["failed"])


def test_a_large_grid_is_composed_at_once_and_its_table_is_cut(tmp_path):
    grid = ("seed=fixed,random", "train.epochs=range(1,201)", "dry_run=true", "-m")
    ended = run_cli(tmp_path, *grid)
    assert (ended.status, ended.err) == (0, "")
    assert "350 of 400 rows are not shown" in ended.out
    shown = ended.out.splitlines()
    assert shown[-1].startswith("400 configurations, ")
    assert shown[1].split()[:2] == ["fixed", "1"]
    assert any(line.split()[:2] == ["random", "200"] for line in shown)
    assert len(shown) < 120
