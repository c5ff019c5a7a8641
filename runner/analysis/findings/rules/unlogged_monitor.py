"""OBS4xx, metrics."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.errors import nearest


def unlogged_monitor(view: ConfigurationView) -> Iterator[Observation]:
    """A callback that watches a metric which was never logged.

    ## What it sees

    EarlyStopping, ReduceLROnPlateau, or ModelCheckpoint with `save_best_only`, has a `monitor` that
    Keras logged in no epoch under this name.

    ## Why it matters

    Keras prints a warning and goes on as if there were no callback: nothing stops training or
    lowers the learning rate, and no model is saved.

    ## What to change

    Write the name under which the metric is logged; `history` in record.json has all of them. Names
    that begin with `val_` need rows for validation.
    """
    for callback, facts in view.group_build_facts("unlogged-monitor").items():
        for monitor in dict.fromkeys(each.words["monitor"] for each in facts):
            logged = facts[0].words["logged"]
            close = nearest(monitor, logged.split(", "))
            yield Observation(
                callback,
                f"{callback} watches {monitor}, which was never logged; {logged} were.",
                close or "Watch a metric that is logged.",
                sum(each.words["monitor"] == monitor for each in facts),
                len(view.builds),
                "build",
            )
