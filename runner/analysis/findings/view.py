"""What the rules for findings see of a configuration: one typed view, made once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from runner.analysis.measurement import ConfigurationResult
from runner.config.schema import Strategy
from runner.record.reader import StoredRun
from runner.record.reasons import Clause
from runner.record.record import ConfigurationRecord
from runner.record.stages import Fingerprints, kind_of


@dataclass(frozen=True)
class Build:
    """One build of a successful run, as its run recorded it."""

    run: StoredRun
    index: int
    """Number of the build inside its run, from 0."""

    @property
    def stages(self) -> Fingerprints:
        """Return stage to digest, in causal order."""
        return self.run.record.fingerprints[self.index]

    @property
    def metrics(self) -> dict[str, float]:
        """Return metric to value; empty where the build has none."""
        metrics = self.run.record.metrics
        return metrics[self.index] if self.index < len(metrics) else {}

    @property
    def facts(self) -> list[Clause]:
        """Return what was measured of the build's model; empty where nothing was."""
        facts = self.run.record.build_facts
        return facts[self.index] if self.index < len(facts) else []

    def digests_of(self, kind: str) -> dict[str, str]:
        """Return the stages of a kind, such as `init`, with their digests, in causal order."""
        return {stage: each for stage, each in self.stages.items() if kind_of(stage) == kind}


@dataclass(frozen=True)
class ConfigurationView:
    """The runs of one configuration, with what was compared and concluded."""

    result: ConfigurationResult

    @property
    def configuration(self) -> ConfigurationRecord:
        """Return what all runs share."""
        return self.result.configuration

    @property
    def runs(self) -> tuple[StoredRun, ...]:
        """Return the successful runs, replays left out."""
        return self.result.runs

    @cached_property
    def builds(self) -> list[Build]:
        """Return the builds of all runs, run by run."""
        return [
            Build(run, index) for run in self.runs for index in range(len(run.record.fingerprints))
        ]

    @property
    def seeded(self) -> bool:
        """Return whether the strategy seeds the runs."""
        return self.configuration.strategy != Strategy.unset.name

    def find_facts(self, code: str) -> Iterator[tuple[StoredRun, Clause]]:
        """Yield each fact of a code that a run recorded of its data or surroundings."""
        for run in self.runs:
            for fact in run.record.facts:
                if fact.code == code:
                    yield run, fact

    def find_build_facts(self, code: str) -> Iterator[tuple[Build, Clause]]:
        """Yield each fact of a code that was recorded of a build's model."""
        for build in self.builds:
            for fact in build.facts:
                if fact.code == code:
                    yield build, fact

    def group_build_facts(self, code: str) -> dict[str, list[Clause]]:
        """Return the layer or metric of each fact of a code to the facts of all builds there."""
        found: dict[str, list[Clause]] = {}
        for _, fact in self.find_build_facts(code):
            found.setdefault(fact.where, []).append(fact)
        return found

    @property
    def metric_names(self) -> list[str]:
        """Return the names of the metrics that the first builds have, in their order."""
        return list(dict.fromkeys(name for run in self.runs for name in run.first_metrics))

    def metric(self, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return a metric (run,) of the first builds of the runs that have it."""
        return np.array(self.result.metric(name), np.float64)
