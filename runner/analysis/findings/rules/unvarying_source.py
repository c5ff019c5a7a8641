"""OBS1xx, randomness."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.rules.repeated_order import MAX_CHANCE, count_orders
from runner.analysis.findings.rules.seeds_without_effect import seeds_without_effect
from runner.analysis.findings.view import Build, ConfigurationView
from runner.record.reader import StoredRun, group_by_seeds
from runner.record.stages import DRIVEN
from runner.text import plural

NAMES = {
    "split": "The split of the rows is",
    "init": "The set of initial weights is",
    "order": "The order of the rows is",
    "augment": "The augmentation is",
    "dropout": "The state of stochastic layers is",
}
"""Source to the beginning of a sentence about it."""

MIN_INPUTS = 10
"""Probe inputs, and so test rows, from which two equal random splits are no coincidence."""


def unvarying_source(view: ConfigurationView) -> Iterator[Observation]:
    """A source of randomness that is the same although it was to be drawn anew.

    ## What it sees

    By the config, a source such as the order of the rows is drawn anew in each run, or in each
    build, and no seed of the config fixes it. Its fingerprints are the same all the same.

    ## Why it matters

    What should vary by chance does not, so the spread of the results looks smaller than it is, and
    the seeds of the config do not decide what they seem to.

    ## What to change

    Something sets a seed of its own after the generators were seeded: look for `set_random_seed`,
    `random.seed` or `np.random.seed` in the code of the model and of the data.
    """
    drawn = view.configuration.drawn
    overwritten = any(seeds_without_effect(view))
    runs = _first_builds(view)
    builds = [group for run in view.runs if len(group := _builds_of(run)) > 1]
    for source, begins in NAMES.items():
        if not _is_no_coincidence(view, source):
            continue
        where = []
        if source in drawn.get("runs", ()) and not overwritten and _agree(runs, source):
            where.append(f"in {plural(len(runs), 'run')}")
        expected = source in drawn.get("builds", ())
        if expected and builds and all(_agree(each, source) for each in builds):
            where.append("in all builds of a run")
        if where:
            yield Observation(
                source,
                f"{begins} the same {' and '.join(where)}, though by the config it is drawn anew in"
                " each.",
                "Look for a seed that code of the model or of the data sets, such as"
                " keras.utils.set_random_seed.",
                len(view.runs),
                len(view.runs),
            )


def _first_builds(view: ConfigurationView) -> list[Build]:
    """Return the first builds of runs that have no equal seeds."""
    groups = group_by_seeds(view.runs)
    runs = [run for key, each in groups.items() for run in (each if key is None else each[:1])]
    return [Build(run, 0) for run in runs if run.record.fingerprints]


def _builds_of(run: StoredRun) -> list[Build]:
    return [Build(run, index) for index in range(len(run.record.fingerprints))]


def _agree(builds: Sequence[Build], source: str) -> bool:
    """Return whether several builds all have the stages of a source, and the same ones."""
    kinds = [source, *(kind for kind, driver in DRIVEN.items() if driver == source)]
    found = [{k: v for kind in kinds for k, v in each.digests_of(kind).items()} for each in builds]
    return len(found) > 1 and bool(found[0]) and all(each == found[0] for each in found)


def _is_no_coincidence(view: ConfigurationView, source: str) -> bool:
    """Return whether the source has so many outcomes that two hardly ever agree by chance."""
    if source == "split":
        return view.result.comparison.inputs >= MIN_INPUTS
    if source == "order":
        facts = [fact.numbers for _, fact in view.find_build_facts("orders")]
        ways = [count_orders(int(n["items"].high), int(n["buffer"].high)) for n in facts]
        return bool(ways) and min(ways) > -math.log(MAX_CHANCE)
    return True
