"""Finds why the outputs of a script never change: its own seeds, or that nothing is drawn."""

from __future__ import annotations

from pathlib import Path

from runner.analysis.findings.script_causes import find_seeds
from runner.analysis.findings.script_wording import word_seeds
from runner.record.reader import read_stored
from runner.remedy.trials import Trials, read_trial

IGNORE_SEEDS = "task.respect_seeds=false"


def find_variation(directory: Path, trials: Trials) -> list[str]:
    """Run a script without its own seeds, and return lines that say whether its outputs vary then.

    Args:
        directory: of a sweep in which all runs gave the same.
        trials: runs the script.
    """
    stored, _ = read_stored(directory)
    timelines = [each.record.timelines[0] for each in stored if each.record.timelines]
    seeds = find_seeds(timelines)
    where = trials.base / "without-seeds"
    trials.run(["seed=unset", IGNORE_SEEDS], where)
    trial = read_trial(where)
    if trial.failed or not trial.runs:
        return ["Without its own seeds the script fails, so nothing can be said of them."]
    if not trial.same and seeds:
        return [
            f"Without the seeds that the script sets itself its runs differ ({trial.runs} runs), so"
            " one or more of these keep them the same:",
            f"  {word_seeds(seeds)}",
            "  Take them away, or let an argument set them, where runs are meant to vary.",
        ]
    if not trial.same:
        return ["Without seeds its runs differ, but no line was seen to set one."]
    return [
        f"Its runs are the same without the seeds that it sets as well ({trial.runs} runs): nothing"
        " that it draws reaches its outputs."
    ]
