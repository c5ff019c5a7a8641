"""OBS1xx, randomness."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.analysis.run_groups import agree_exactly_within
from runner.text import plural


def shared_parent_state(view: ConfigurationView) -> Iterator[Observation]:
    """Runs that agree exactly where they were forked from the same warm parent.

    ## What it sees

    Runs of one warm parent give the same bits, runs of different warm parents give different ones,
    and the warm parents import modules of yours (`data.preload`, `task.preload`).

    ## Why it matters

    Runs forked from one process share whatever it drew before, such as a generator that a module
    makes when it is imported. They look repeatable and are not.

    ## What to change

    Make and seed generators inside the function that a run calls, not at the top of a preloaded
    module. `isolation=spawn` gives each run an interpreter of its own, and so shows whether the
    runs differ without the shared state.
    """
    groups = agree_exactly_within(view.runs, lambda run: run.record.warm_parent)
    if groups is None or not view.configuration.preload:
        return
    modules = ", ".join(view.configuration.preload)
    yield Observation(
        view.result.divergence.first or "outputs",
        f"{plural(len(view.runs), 'run')} of {plural(groups, 'warm parent')} agree bit for bit"
        f" within a parent and differ between parents, which import {modules}: what was drawn"
        " before runs were forked is shared.",
        "With isolation=spawn each run imports these modules itself.",
        len(view.runs),
        len(view.runs),
    )
