"""What a sweep of ours hands to whichever launcher there is, and what it refuses before."""

from __future__ import annotations

import copy
import itertools
from pathlib import Path

import pytest
from hydra import initialize_config_dir
from hydra.conf import HydraConf
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.types import RunMode
from omegaconf import OmegaConf

from runner.config import nodes, schema
from runner.config.compose import ComposedConfiguration
from runner.config.nodes import apply_values
from runner.errors import ConfigError, WorkerError
from runner.plan.jobs import plan_application_jobs
from runner.record.record import MULTIRUN
from runner.sweep.sweeper import Settings, sweep

CONF = Path(__file__).resolve().parents[2] / "conf"
pytestmark = pytest.mark.usefixtures("hydra_restore_singletons")


class BrokenLauncher:
    """Composes its jobs anew, as launchers other than ours do, and then gives up."""

    def __init__(self, loader, config):
        self._loader, self._config = loader, config
        self.jobs, self.composed = [], []

    def launch(self, job_overrides, initial_job_idx):
        self.jobs += job_overrides
        self.composed += [
            self._loader.load_sweep_config(self._config, list(job)) for job in job_overrides
        ]
        raise WorkerError("it gave up")


@pytest.fixture
def launch(tmp_path):
    """Hand a sweep of a config of ours to a BrokenLauncher, and return it."""
    schema.register()

    def launch(*arguments, directory=None, hydra=()):
        quoted = QuotedString(str(directory or tmp_path / "sweep"), Quote.single).with_quotes()
        with initialize_config_dir(str(CONF), version_base="1.3"):
            loader = GlobalHydra.instance().config_loader()
            overrides = [f"hydra.sweep.dir={quoted}", *hydra]
            config = loader.load_configuration("config", overrides, RunMode.MULTIRUN)
            launcher = BrokenLauncher(loader, config)
            # Not that there is no record: why there is none comes first.
            with pytest.raises(WorkerError, match="it gave up"):
                sweep(
                    arguments, config, loader, launcher, Settings(),
                    preview=print, conclude=print,
                )  # fmt: skip
        return launcher

    return launch


def test_composing_the_overrides_gives_the_config_that_our_launcher_uses(launch):
    given = launch(
        "seed=random,derived", "replicates=2", hydra=["hydra.job.config.override_dirname.kv_sep=_"]
    )
    assert {"replay_of" in job.values for job in given.jobs} == {True, False}
    for job, composed in zip(given.jobs, given.composed, strict=True):
        ours = copy.deepcopy(job.config)
        apply_values(ours, job.values)
        with_number = {"num": job.run.job, "id": str(job.run.job)}  # a launcher's to add
        assert ours.hydra.job == OmegaConf.merge(composed.hydra.job, with_number)
        assert ours.hydra.overrides.task == composed.hydra.overrides.task
        assert ours.hydra.sweep == composed.hydra.sweep
        assert nodes.without_hydra(ours) == nodes.without_hydra(composed)


@pytest.mark.parametrize("name", ["plain", "it's", "a, b=c", "ends in \\"])
def test_a_directory_that_holds_a_sweep_is_not_used_again(launch, tmp_path, name):
    for expected in (name, f"{name}_1"):
        composed = launch("replicates=1", directory=tmp_path / name).composed
        assert {each.hydra.sweep.dir for each in composed} == {str(tmp_path / expected)}
        assert (tmp_path / expected / MULTIRUN).stat().st_size > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["replicates=1,2"], "replicates: is one value for the whole sweep. Received: 1,2"),
        (["replicate=0,1"], "replicate: is set by the sweep. Received: 0,1"),
        (["compare.rtol=0.1,0.2"], "compare.rtol: is one value for the whole sweep"),
        (["~shuffle", "replays=0,1"], "replays: is one value for the whole sweep"),
        (["seed=glob(x*)"], "seed: there is no such value. Received: glob(x*)"),
        (["train.epochs=1,-1"], "train.epochs: must be at least 0. Received: -1"),
    ],
)
def test_what_makes_no_sweep_is_refused_and_nothing_is_written(
    launch, tmp_path, arguments, message
):
    with pytest.raises(ConfigError) as caught:
        launch(*arguments)
    assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("subdirectory", ["${seed.value}", ".", "${hydra:job.name}"])
def test_runs_do_not_share_a_directory(launch, tmp_path, subdirectory):
    with pytest.raises(ConfigError, match=r"^hydra.sweep.subdir: .* for runs 0 and \d\. Add "):
        launch("train.epochs=1,2", hydra=[f"hydra.sweep.subdir={subdirectory}"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("subdirectory", ["${replicate}-${replay_of}", "${hydra:job.id}"])
def test_a_run_may_name_its_directory_itself(launch, subdirectory):
    given = launch("seed=random", f"hydra.sweep.subdir='{subdirectory}'")
    assert len(given.jobs) == 6


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_replicates_of_any_application_change_their_parent(workers):
    config = OmegaConf.create({"hydra": OmegaConf.structured(HydraConf)})
    config.hydra.sweep.dir, config.hydra.sweep.subdir = "sweep", "${replicate}"
    jobs = plan_application_jobs([ComposedConfiguration((), config)], workers, replicates=9)
    parents = [job.run.parent for job in jobs]
    assert all(one != other for one, other in itertools.pairwise(parents))
    assert max(parents) < max(2, workers)
