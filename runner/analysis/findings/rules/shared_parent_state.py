"""OBS1xx, randomness."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.analysis.run_groups import agree_exactly_within
from runner.record.reader import StoredRun
from runner.text import plural


def shared_parent_state(view: ConfigurationView) -> Iterator[Observation]:
    """Runs that agree exactly where they were forked from the same warm parent.

    ## What it sees

    Runs of one warm parent have the same outputs or the same stage, such as `data`, and runs of
    different warm parents have different ones. The warm parents import modules of yours
    (`data.preload`, `task.preload`).

    ## Why it matters

    Runs forked from one process share whatever it drew before, such as a generator that a module
    makes when it is imported. They look repeatable and are not.

    ## What to change

    Make and seed generators inside the function that a run calls, not at the top of a preloaded
    module. `isolation=spawn` gives each run an interpreter of its own, and so shows whether the
    runs differ without the shared state.
    """
    if not view.configuration.preload:
        return
    stage = view.result.divergence.first or "outputs"
    groups = agree_exactly_within(view.runs, _parent, partial(_digests, stage))
    if groups is None:
        stage, groups = "outputs", agree_exactly_within(view.runs, _parent)
    if groups is None:
        return
    modules = ", ".join(view.configuration.preload)
    yield Observation(
        stage,
        f"{plural(len(view.runs), 'run')} of {plural(groups, 'warm parent')} agree bit for bit in"
        f" {stage} within a parent and differ between parents, which import {modules}: what was"
        " drawn before runs were forked, or a hash seed, is shared.",
        "With isolation=spawn each run imports these modules itself.",
        len(view.runs),
        len(view.runs),
    )


def _parent(run: StoredRun) -> tuple[str | None, int] | None:
    """Return a run's warm parent: two machines may give the same process id."""
    parent = run.record.warm_parent
    return None if parent is None else (run.record.host, parent)


def _digests(stage: str, run: StoredRun) -> tuple[str | None, ...]:
    return tuple(build.get(stage) for build in run.record.fingerprints)
