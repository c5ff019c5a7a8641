"""Runs two configurations in pairs with equal seeds, a round of pairs at a time.

Each round is a sweep of two configurations in a directory of its own. Under `random` a pair gets a
drawn seed; under `derived` its number is the replicate from which its seeds are derived.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hydra.core.plugins import Plugins
from hydra.types import RunMode
from omegaconf import DictConfig

from runner.config.compose import CONFIG, ComposedConfiguration, Configs, find_overridden
from runner.config.hydra_internals import make_context
from runner.config.overrides import check_choices, quote_value
from runner.config.schema import Seed, StopAt, Strategy
from runner.config.seeds import draw
from runner.errors import ConfigError, RunFailed, SweepFailed, nearest
from runner.execute.single_run import run_current_job
from runner.plan.jobs import check_directories, make_jobs
from runner.plan.manifest import MANIFEST, Manifest, describe_plan, read_manifest
from runner.plan.resume import check_unchanged
from runner.plan.schedule import Repetition, plan_runs
from runner.plan.workers import count_parents, count_workers
from runner.record.reader import StoredRun, read_stored
from runner.record.record import RunRecord
from runner.sweep.execution import Conclude, PlannedSweep, run_sweep
from runner.text import list_some
from runner.trust.command_line import remember_also

ROUND = "round_"
"""How the names of the rounds' directories begin."""

OWN_KEYS = (
    "replicates", "same_replicates", "max_replicates", "budget.runs", "budget.hours", "replays",
    "resumes", "resume", "dry_run",
)  # fmt: skip
"""Keys that say how often a configuration is run, which the rounds decide."""


@dataclass(frozen=True)
class PairValues:
    """A metric of two runs with equal seeds."""

    a: float
    b: float


def complete_overrides(
    common: Sequence[str], a: Sequence[str], b: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return the overrides of A and of B, with what rounds need where nobody gave it.

    Raises:
        ConfigError: an override says how often to run, or the same key is given for both and alone.
    """
    given = find_overridden([*common, *a, *b])
    for key in OWN_KEYS:
        if key in given:
            raise ConfigError(key, "is for the rounds to decide")
    for name, own in (("--a", a), ("--b", b)):
        if twice := sorted(find_overridden(common) & find_overridden(own)):
            raise ConfigError(name, "gives again what both have", ", ".join(twice))
    added = ["replays=0", *([] if "builds" in given else ["builds=1"])]
    if "seed" not in given and "seed.strategy" not in given:
        # A script seeds all there is at once; Keras models have a seed for each source.
        added.append("seed=random" if given & {"task", "task.kind"} else "seed=derived")
        if added[-1] == "seed=derived" and "seed.value" not in given:
            added.append(f"seed.value={draw(1)[0]}")
    return [*added, *common, *a], [*added, *common, *b]


class PairRounds:
    """The rounds of one decision."""

    def __init__(
        self, configs: Configs, overrides: Sequence[Sequence[str]], directory: Path
    ) -> None:
        """Compose and check the two configurations; nothing is written.

        Args:
            configs: composes.
            overrides: of A and of B.
            directory: below which every round has its own.

        Raises:
            ConfigError: an override sweeps, a configuration is not valid, both are one, or their
                runs would not get equal seeds.
        """
        self._configs = configs
        self._overrides = [list(each) for each in overrides]
        self.directory = directory
        for name, each in zip(("--a", "--b"), self._overrides, strict=True):
            if len(configs.expand(each)) > 1:
                rule = "must be one configuration, without a list of values"
                raise ConfigError(name, rule, " ".join(each))
        a, b = (configs.compose(each) for each in self._overrides)
        if a.id == b.id:
            raise ConfigError("--b", "is the same configuration as --a", b.id)
        _check_seeds(a.typed.seed, b.typed.seed)
        for side in (a, b):
            if side.typed.stop_at is not StopAt.never:
                rule = "must be never, as decide compares runs that were made whole"
                raise ConfigError("stop_at", rule, side.typed.stop_at.name)
        self.workers = count_workers(a.typed.workers, a.typed.runs_per_gpu)

    def run(self, pairs: int, conclude: Conclude) -> None:
        """Run a further round, after the unfinished ones.

        Args:
            pairs: number of pairs.
            conclude: saves the results of the round.
        """
        known = self.read_rounds()
        offset = sum(_count(manifest) for _, manifest in known)
        number = 1 + len(known)
        place = self.directory / f"{ROUND}{number}"
        config, configurations = self._compose(place)
        runs = plan_runs(
            [Repetition(pairs, seeds=self._draw(configurations, pairs, known))] * 2,
            count_parents(self.workers),
        )
        # The number of a pair goes on over the rounds, and derived seeds with it.
        runs = [replace(each, replicate=each.replicate + offset) for each in runs]
        jobs = make_jobs(configurations, runs)
        check_directories(jobs)
        manifest = describe_plan(jobs, configurations, self._overrides[0])
        again = ["decide", "--resume", str(self.directory)]
        planned = PlannedSweep(configurations, jobs, replace(manifest, command=again))
        self._run(planned, config, conclude)

    def finish(self, conclude: Conclude, *, accept_change: bool) -> None:
        """Make the runs that are missing or failed in rounds that were interrupted.

        Args:
            conclude: saves the results of a round.
            accept_change: whether to go on even if the code or versions have changed.

        Raises:
            ConfigError: code, configs or versions have changed since.
        """
        for place, manifest in self.read_rounds():
            done = [
                each
                for each in read_stored(place)[0]
                if each.record.status == "ok" and each.record.replay_of is None
            ]
            if len(done) == len(manifest.runs):
                continue
            config, configurations = self._compose(place)
            check_unchanged(manifest, configurations, accept_change)
            jobs = make_jobs(configurations, manifest.runs)
            self._run(PlannedSweep(configurations, jobs, manifest, resumed=place), config, conclude)

    def read_rounds(self) -> list[tuple[Path, Manifest]]:
        """Return the directory and the plan of every round, in order."""
        found = [
            (path.parent, read_manifest(path.parent))
            for path in self.directory.glob(f"{ROUND}*/{MANIFEST}")
        ]
        return sorted(found, key=lambda each: min(run.replicate for run in each[1].runs))

    def read_pairs(self, metric: str) -> list[PairValues]:
        """Return the metric of every pair, in the order in which they were planned.

        Raises:
            RunFailed: a run failed or left no record, or its metric is not finite.
            ConfigError: runs have no such metric.
        """
        values: dict[int, dict[int, float]] = {}
        for place, manifest in self.read_rounds():
            planned = {run.job: run for run in manifest.runs}
            found = {each.record.job: each for each in read_stored(place)[0]}
            for job, run in planned.items():
                record = _check_run(found.get(job), place / str(job))
                value = _take(record, metric)
                if not math.isfinite(value):
                    raise RunFailed(f"{metric} is {value} in {place / str(job)}")
                values.setdefault(run.replicate, {})[run.configuration] = value
        return [PairValues(values[pair][0], values[pair][1]) for pair in sorted(values)]

    def _compose(self, place: Path) -> tuple[DictConfig, list[ComposedConfiguration]]:
        loader, search = self._configs.loader, self._configs.search
        where = f"hydra.sweep.dir={quote_value(str(place))}"
        remember_also([where])  # below a directory that the user named, or `outputs`
        given = ["hydra.mode=MULTIRUN", where]
        typed = [*search, *self._overrides[0], *given]
        config = loader.load_configuration(CONFIG, typed, RunMode.MULTIRUN)
        composed = [
            ComposedConfiguration(tuple(each), loader.load_sweep_config(config, list(each)))
            for each in self._overrides
        ]
        for each in composed:
            check_choices(each.overrides)
            each.check()
        return config, composed

    def _run(self, planned: PlannedSweep, config: DictConfig, conclude: Conclude) -> None:
        launcher = Plugins.instance().instantiate_launcher(
            make_context(self._configs.loader, config), run_current_job, config
        )
        # Failed runs are found in the records.
        with contextlib.suppress(SweepFailed):
            run_sweep(planned, config, launcher, None, conclude)

    def _draw(
        self,
        configurations: Sequence[ComposedConfiguration],
        pairs: int,
        known: Sequence[tuple[Path, Manifest]],
    ) -> tuple[int, ...]:
        """Draw the seed of each pair, other than all before; empty if seeds are derived."""
        if configurations[0].typed.seed.strategy is not Strategy.random:
            return ()
        taken = {run.seed for _, manifest in known for run in manifest.runs if run.seed is not None}
        return tuple(draw(pairs, taken))


def _check_seeds(a: Seed, b: Seed) -> None:
    """Refuse seeds that are the same in all pairs, or not the same within a pair."""
    for each in (a, b):
        if each.strategy not in (Strategy.random, Strategy.derived):
            rule = "must be random or derived, so that each pair has seeds of its own"
            raise ConfigError("seed", rule, each.strategy.name)
    if (a.strategy, a.value, a.vary) != (b.strategy, b.value, b.vary):
        raise ConfigError("seed", "must be the same for A and B, so that pairs have equal seeds")
    if a.strategy is Strategy.derived and not (a.paired and b.paired):
        raise ConfigError("seed.paired", "must be true, so that both runs have one seed", "false")
    if a.strategy is Strategy.derived and not (a.vary and b.vary):
        raise ConfigError("seed.vary", "must name a source, as all pairs would be one", "[]")
    if a.strategy is Strategy.random and a.value is not None:
        raise ConfigError("seed.value", "is drawn for each pair by seed=random", a.value)


def _count(manifest: Manifest) -> int:
    return len({run.replicate for run in manifest.runs})


def _check_run(found: StoredRun | None, place: Path) -> RunRecord:
    if found is None:
        raise RunFailed(f"no record of a run was found in {place}")
    if found.record.status == "failed":
        first = (found.record.error or "").partition("\n")[0]
        raise RunFailed(f"a run failed, and without it its pair says nothing: {first} (in {place})")
    return found.record


def _take(record: RunRecord, metric: str) -> float:
    metrics = record.metrics[0] if record.metrics else {}
    if metric not in metrics:
        known = list(metrics)
        hint = nearest(metric, known) or f"Metrics: {list_some(known, 6) or 'none'}"
        raise ConfigError("--metric", "the runs do not have this metric", metric, hint)
    return metrics[metric]
