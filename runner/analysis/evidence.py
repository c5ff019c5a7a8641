"""Keeps what the runs of one configuration recorded, for whoever shows more than the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from runner.analysis.claims.checked import Cell, Checked
from runner.analysis.claims.published import word_published
from runner.analysis.measurement import ConfigurationResult, stack_outputs
from runner.analysis.outputs import Outputs
from runner.record.reader import StoredRun
from runner.record.record import NAMES, ConfigurationRecord
from runner.record.stages import Fingerprints
from runner.statistics.published_result import PublishedRange


@dataclass(frozen=True)
class ClaimedNumber:
    """A number that a claim gives for a metric, in the metric's own unit."""

    metric: str
    text: str
    """The number as it was published or claimed, such as `68 ± 2 (n=3)`."""
    spread: str
    """What `low` and `high` are: one SD from the mean, a published range, or claimed bounds."""
    low: float
    high: float
    mean: float | None = None
    """The mean that was given; None: only a range was."""
    source: str | None = None
    evaluate: str = "final"
    """Which evaluation of a run it is about: final, highest or lowest."""
    evaluated: tuple[float, ...] = ()
    """What was measured of that evaluation (run,); empty for claims that are about `final`."""


@dataclass(frozen=True)
class Evidence:
    """What the runs of one configuration recorded."""

    configuration: ConfigurationRecord
    fingerprints: Mapping[str, Sequence[Fingerprints]]
    """The directory of each run, as the frame of runs has it, to the fingerprints of its builds.
    Replays, resumed and failed runs are included."""
    compared: tuple[str, ...]
    """The directories of the runs on the run axis of `outputs`."""
    output_ids: tuple[tuple[str | None, ...], ...]
    """For each of `compared`, texts that are equal for bitwise equal outputs of equal names."""
    group: tuple[StoredRun, ...]
    """The runs whose outputs are compared, and their replays."""
    kept: Outputs | None
    """The stacked outputs of `group`; None: they are not kept in memory."""
    claimed: tuple[ClaimedNumber, ...]
    """The numbers that claims give for metrics."""
    hash_seeds: int | None
    """The number of distinct hash seeds among the runs; None: not known."""
    confidence: float
    """The confidence of the configuration's intervals, in (0, 1)."""

    @property
    def outputs(self) -> Outputs:
        """The stacked outputs, read again unless they are kept.

        Raises:
            RecordError: they are not kept, and a run's file has been changed or removed.
        """
        return self.kept or stack_outputs([each.hold() for each in self.group])

    def let_go(self) -> Evidence:
        """Return the evidence without arrays in memory."""
        return replace(self, kept=None, group=tuple(each.let_go() for each in self.group))


def gather_evidence(
    group: Sequence[StoredRun],
    measured: ConfigurationResult,
    checked: Sequence[Checked],
    directory: Path,
) -> Evidence:
    """Gather the evidence of one configuration.

    Args:
        group: all of its runs.
        measured: the configuration.
        checked: its claims.
        directory: what directories are relative to.
    """
    return Evidence(
        configuration=measured.configuration,
        fingerprints={
            str(run.directory.relative_to(directory)): run.record.fingerprints for run in group
        },
        compared=tuple(str(run.directory.relative_to(directory)) for run in measured.runs),
        output_ids=tuple(_identify(run) for run in measured.runs),
        # The measured outputs are these in one piece, so that memory holds them once.
        group=tuple(run.let_go() for run in group if run.record.resume_of is None),
        kept=measured.outputs,
        claimed=tuple(_find_numbers(measured, checked)),
        hash_seeds=measured.hash_seeds,
        confidence=measured.confidence,
    )


def _identify(run: StoredRun) -> tuple[str | None, ...]:
    names = (build.get(NAMES) for build in run.record.fingerprints)
    return (run.record.digest, *names)


def _find_numbers(
    measured: ConfigurationResult, checked: Sequence[Checked]
) -> Iterator[ClaimedNumber]:
    for claim, found in zip(measured.configuration.claims, checked, strict=True):
        if found.cell is not None:
            yield _read_cell(found.cell, found.source)
        elif "mean" in claim:
            mean, within = claim["mean"], claim["within"]
            yield ClaimedNumber(
                metric=claim["metric"],
                text=f"{mean:g} ± {within:g}",
                spread="claimed bounds of the mean",
                low=mean - within,
                high=mean + within,
                mean=mean,
                source=found.source,
            )


def _read_cell(cell: Cell, source: str | None) -> ClaimedNumber:
    given = cell.published.of
    if isinstance(given, PublishedRange):
        spread, low, high, mean = "published range", given.low, given.high, None
    else:
        spread, mean = "published mean and one SD to either side", given.mean
        low, high = given.mean - given.sd, given.mean + given.sd
    return ClaimedNumber(
        metric=cell.metric,
        text=word_published(cell.published),
        spread=spread,
        low=low,
        high=high,
        mean=mean,
        source=source,
        evaluate=cell.evaluate,
        evaluated=() if cell.evaluate == "final" else cell.values,
    )
