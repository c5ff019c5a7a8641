"""The shipped experiment: which source varies how much, and what it leaves out."""

from __future__ import annotations

import pytest
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode

from runner.analysis.attribution import attribute_variance
from runner.analysis.measurement import measure
from runner.config import schema
from runner.errors import WorkerError
from runner.record.reader import read_stored
from runner.sweep.sweeper import Settings, sweep
from tests.conftest import run_cli

SINGLE = ["[init]", "[order]", "[augment]", "[dropout]", "[split]"]


class EnoughError(WorkerError):
    """Ends a sweep once its jobs are known."""


class Planner:
    """A launcher that takes down what each job varies, and runs none."""

    def __init__(self):
        self.jobs = []

    def launch(self, job_overrides, initial_job_idx):
        self.jobs += [
            dict(each.lstrip("+").split("=") for each in overrides) for overrides in job_overrides
        ]
        raise EnoughError("all jobs are known")

    def values(self, *keys):
        """Different values of some keys, in the order of the jobs."""
        return list(dict.fromkeys(tuple(job[key] for key in keys) for job in self.jobs))

    @property
    def vary(self):
        return [value for (value,) in self.values("seed.vary")]


@pytest.fixture
def plan(tmp_path, hydra_restore_singletons):
    """Plan a sweep of the experiment with further overrides."""
    schema.register()

    def plan(*arguments):
        planner = Planner()
        # The sweeper's own settings are composed from the command line without what is swept.
        fixed = [each for each in arguments if "," not in each]
        with initialize_config_dir(str(schema.CONF), version_base="1.3"):
            loader = GlobalHydra.instance().config_loader()
            given = ["experiment=attribution", f"hydra.sweep.dir={tmp_path / 'sweep'}", *fixed]
            config = loader.load_configuration("config", given, RunMode.MULTIRUN)
            with pytest.raises(EnoughError):
                sweep(
                    ["experiment=attribution", *arguments], config, loader, planner,
                    Settings(params=dict(config.hydra.sweeper.params)),
                    preview=print, conclude=print,
                )  # fmt: skip
        return planner

    return plan


@pytest.fixture
def lines(capsys):
    """What was printed of configurations that are left out."""

    def lines():
        printed = capsys.readouterr().out.splitlines()
        return [line for line in printed if line.startswith("left out: ")]

    return lines


def left_out(*names):
    return [f"left out: {name}: the configuration has no such source" for name in names]


# --- what is planned


def test_nothing_each_source_and_all_of_them_vary(plan, lines):
    planned = plan("model=mlp_dropout", "train=augmented")
    assert planned.vary == ["[]", *SINGLE, "all"]
    assert len(planned.jobs) == 7 * 10 + 6  # of the first nothing can be replayed
    assert lines() == []


def test_sources_that_the_configuration_lacks_are_left_out(plan, lines):
    assert plan("model=mlp").vary == ["[]", "[init]", "[order]", "[split]", "all"]
    assert lines() == left_out("seed.vary=[augment]", "seed.vary=[dropout]")


def test_what_only_some_configurations_lack_is_left_out_of_these(plan, lines):
    planned = plan("model=mlp,mlp_dropout")
    found = planned.values("model", "seed.vary")
    assert ("mlp_dropout", "[dropout]") in found
    assert ("mlp", "[dropout]") not in found
    assert lines() == left_out("seed.vary=[augment]", "seed.vary=[dropout] model=mlp")


@pytest.mark.parametrize("prefix", ["", "++"])
def test_the_command_line_wins_over_the_experiment(plan, prefix):
    assert plan(f"{prefix}seed.vary=[init],all").vary == ["[init]", "all"]


def test_a_combination_of_which_one_source_is_there_stays(plan, lines):
    given = "seed.vary=[augment,init],[dropout,augment],all"
    assert plan(given).vary == ["[augment,init]", "all"]
    assert lines() == left_out("seed.vary=[dropout,augment]")


@pytest.mark.parametrize("given", ["[augment],[dropout]", "[augment]"])
def test_something_is_always_run(plan, lines, given):
    assert plan(f"seed.vary={given}", "model=mlp").vary == given.replace("],", "] ").split()
    assert lines() == []


def test_weights_may_be_perturbed_too(plan):
    found = plan("perturb=none,one_ulp", "seed.vary=[],[init]").values("perturb", "seed.vary")
    assert len(found) == 4


# --- what is run


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    return run_cli(
        tmp_path_factory.mktemp("experiment"),
        "experiment=attribution", "model=mlp_dropout", "-m",
        "replicates=2", "replays=0", "train.epochs=1", "train.batch_size=256", "calls=1",
    )  # fmt: skip


@pytest.mark.slow
def test_each_source_is_where_its_runs_first_part(ended):
    assert ended.status == 0, ended.err
    rows = ended.rows("seed.vary")
    first = {vary: row["first_divergence"] for vary, row in rows.items()}
    assert first.pop("[init]").startswith("init/")
    assert first["[]"] is None or first["[]"] != first["[]"]
    del first["[]"]
    assert first == {
        "[order]": "order/0", "[dropout]": "dropout", "[split]": "split", "all": "split",
    }  # fmt: skip
    assert rows["[]"]["across_runs"] == "same"
    assert {row["across_runs"] for vary, row in rows.items() if vary != "[]"} == {"differs"}
    assert left_out("seed.vary=[augment]")[0] in ended.out.splitlines()


@pytest.mark.slow
def test_the_directory_says_what_each_source_varies(ended):
    groups = {}
    for stored in read_stored(ended.sweep)[0]:
        groups.setdefault(stored.configuration.id, []).append(stored)
    table = attribute_variance([measure(group) for group in groups.values()]).set_index("source")
    measured = table[table["runs"] > 0]
    assert list(measured.index) == ["none", "split", "init", "order", "dropout", "all"]
    assert set(measured["runs"]) == {2}
    assert (
        table.loc["none", ["loss_sd", "loss_share", "churn", "averaging_gain"]].tolist() == [0] * 4
    )
    assert table.loc["none", "correlation"] == pytest.approx(1)
    assert table.loc["all", "loss_share"] == 1
    for source in ("init", "order", "dropout"):
        assert table.loc[source, "loss_sd"] > 0
        assert 0 < table.loc[source, "correlation"] < 1
        assert table.loc[source, "churn"] > 0
    # Other splits have other test rows.
    assert table.loc[["split", "all"], ["churn", "correlation"]].isna().all(axis=None)
