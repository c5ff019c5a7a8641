"""OBS1xx, randomness."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.config.schema import Scope
from runner.record.stages import kind_of
from runner.text import list_some

MAX_NAMED = 2
"""Weights that are named."""


def repeated_initial_weights(view: ConfigurationView) -> Iterator[Observation]:
    """Initial weights that vary from run to run, but not from build to build.

    ## What it sees

    A weight starts from the same values in every build of a run and from others in another run,
    although the generators are not seeded again before each build (`seed.scope`).

    ## Why it matters

    The second build is meant to draw anew, so what varies between builds is less than it seems.

    ## What to change

    An initializer object that is made once, when a module is imported, draws its own seed then and
    gives the same values at every call. Make the initializer inside the function that makes the
    model.
    """
    if view.configuration.scope not in (Scope.process.name, Scope.call.name):
        return
    digests: dict[str, list[set[str]]] = defaultdict(list)
    for run in view.runs:
        builds = run.record.fingerprints
        for stage in builds[0] if len(builds) > 1 else ():
            if kind_of(stage) == "init":
                digests[stage].append({each.get(stage, "") for each in builds})
    repeated = [
        stage
        for stage, runs in digests.items()
        if all(len(each) == 1 for each in runs) and len(set.union(*runs)) > 1
    ]
    if not repeated:
        return
    runs = len(digests[repeated[0]])
    named = list_some([each.partition("/")[2] for each in repeated], MAX_NAMED)
    yield Observation(
        repeated[0],
        f"The initial weights {named} are the same in all builds of a run, and differ between runs"
        f" (in {runs} of {len(view.runs)} runs).",
        "Make initializers inside the function that makes the model, not once in a module.",
        runs,
        len(view.runs),
    )
