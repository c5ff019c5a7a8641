"""The sweeper and the launcher as Hydra plugins. They hold no state and import nothing slow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from hydra_plugins._runner_settings import RunnerLauncherConf, RunnerSweeperConf

if TYPE_CHECKING:
    from runner.analysis.results import Results
    from runner.execute.opened_pool import Settings
    from runner.lint.preview import Preview
    from runner.record.journal import JobRow


class RunnerSweeper(Sweeper):
    """Runs every combination of the given values, with replicates, and collates a table."""

    def __init__(
        self,
        max_batch_size: int | None = None,
        params: dict[str, str] | None = None,
        replicates: int = 1,
        resume: str | None = None,
    ) -> None:
        self.max_batch_size = max_batch_size
        self.params = params
        self.replicates = replicates
        self.resume = resume

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Keep what Hydra composed, and instantiate the configured launcher."""
        from runner.config.nodes import is_runner_config
        from runner.execute.job_function import JobFunction

        self.hydra_context = hydra_context
        self.config = config
        if not is_runner_config(config):
            task_function = self.function = JobFunction(task_function)
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Run the sweep and return what its jobs returned, one list per batch."""
        from runner.config.nodes import is_runner_config
        from runner.execute.one_line import errors_in_one_line
        from runner.sweep.application import HydraSweep, sweep_application
        from runner.sweep.sweeper import Settings, sweep

        assert self.config is not None
        assert self.launcher is not None
        assert self.hydra_context is not None
        loader = self.hydra_context.config_loader
        with errors_in_one_line():
            settings = Settings(
                self.max_batch_size, self.params or {}, self.replicates, self.resume
            )
            if not is_runner_config(self.config):
                hydra = HydraSweep(self.config, loader, self.launcher, self.function)
                return sweep_application(arguments, hydra, settings, _show_jobs)
            return sweep(
                arguments,
                self.config,
                loader,
                self.launcher,
                settings,
                preview=_preview,
                conclude=_conclude,
                begin=_begin,
            )


class RunnerLauncher(Launcher):
    """Runs each job in a process of its own, forked from a warm parent or spawned."""

    takes_any_jobs = True
    """Whether the numbers of the jobs in one batch may have gaps."""

    def __init__(
        self,
        workers: int | None = None,
        isolation: str = "auto",
        timeout_s: float | None = None,
        preload: list[str] | None = None,
        runs_per_gpu: int | None = 1,
    ) -> None:
        self.workers = workers
        self.isolation = isolation
        self.timeout_s = timeout_s
        self.preload = preload
        self.runs_per_gpu = runs_per_gpu

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Keep what Hydra composed."""
        from runner.execute.hydra_job import refuse_nested_sweep

        refuse_nested_sweep()
        self.hydra_context = hydra_context
        self.task_function = task_function
        self.config = config

    def settings(self) -> Settings:
        """Return the settings of the launch."""
        from runner.execute.opened_pool import Settings

        return Settings(
            workers=self.workers,
            isolation=self.isolation,
            timeout_s=self.timeout_s,
            preload=tuple(self.preload or ()),
            runs_per_gpu=self.runs_per_gpu,
        )

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Run the jobs and return what they returned, in their order."""
        from runner.execute.launcher import launch
        from runner.execute.one_line import errors_in_one_line, heed_sigterm
        from runner.execute.opened_pool import HydraSetup
        from runner.report.live.events import ToldProgress, has_listener
        from runner.report.live.progress import Progress

        assert self.config is not None
        assert self.hydra_context is not None
        assert self.task_function is not None
        with errors_in_one_line(), heed_sigterm():
            return launch(
                job_overrides,
                initial_job_idx,
                HydraSetup(self.config, self.hydra_context, self.task_function),
                self.settings(),
                ToldProgress if has_listener() else Progress,
            )


def _begin(directory: Path, planned: int) -> None:
    """Tell who submitted the sweep that it has begun."""
    from runner.report.live import submission

    submission.tell(directory, planned)


def _preview(previews: Sequence[Preview]) -> None:
    """Print what a sweep would run."""
    from runner.report.dry_run import print_previews  # imports pandas

    print_previews(previews, repeated=True)


def _show_jobs(rows: Sequence[JobRow], directory: Path, command: str) -> None:
    """Save and print how the jobs of another application ended."""
    from runner.report import job_table

    try:
        job_table.save(rows, directory)
    finally:  # even if the disk is full
        job_table.print_jobs(rows, directory, command)


def _conclude(results: Results, planned: int) -> None:
    """Save and print the results of a sweep with this number of planned runs."""
    from runner.report import files, sweep_summary  # imports pandas
    from runner.report.live import events

    try:
        files.save(results)
    finally:  # even if the disk is full
        if events.has_listener():
            events.tell(events.Event(events.COLLATED, text=str(results.directory.absolute())))
        else:
            sweep_summary.print_results(results, planned)


ConfigStore.instance().store(
    group="hydra/sweeper", name="runner", node=RunnerSweeperConf, provider="runner"
)
ConfigStore.instance().store(
    group="hydra/launcher", name="runner", node=RunnerLauncherConf, provider="runner"
)
