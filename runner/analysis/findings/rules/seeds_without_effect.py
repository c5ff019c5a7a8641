"""OBS1xx, randomness."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView
from runner.numeric.verdicts import State
from runner.record.reader import content_of, seed_key
from runner.record.record import ConfigurationRecord
from runner.text import plural


def seeds_without_effect(view: ConfigurationView) -> Iterator[Observation]:
    """Runs that were given different seeds and agree bit for bit, although weights are drawn.

    ## What it sees

    All runs have seeds of their own, and yet the same fingerprints, metrics and outputs, while the
    model begins with weights that are not constant.

    ## Why it matters

    The seeds have no effect, so the runs are copies of one another and say nothing about chance.

    ## What to change

    Something sets a seed of its own later: look for `set_random_seed`, `np.random.seed`, or a
    `seed` argument in the model's and the data's code. Weights that are read from a file are the
    same in each run, too; then nothing else in training is random.
    """
    seeds = {seed_key(run.record.seeds) for run in view.runs}
    drawn = [fact for _, fact in view.find_build_facts("initial-weights")]
    if len(seeds) < 2 or None in seeds or len(seeds) < len(view.runs):
        return
    if view.configuration.vary is not None and "init" not in view.configuration.vary:
        return
    if _is_fixed_by_config(view.configuration):
        return
    if view.result.comparison.across_runs is not State.SAME:
        return
    if len({content_of(run.record) for run in view.runs}) > 1:
        return
    if not drawn or any(fact.numbers["varied"].low == 0 for fact in drawn):
        return
    yield Observation(
        "seed",
        f"{plural(len(view.runs), 'run')} with {plural(len(seeds), 'different seed')} agree bit for"
        " bit, though the initial weights are no constants.",
        "Unless the weights are read from a file, look for a seed that the model's or the data's"
        " code sets by itself.",
        len(view.runs),
        len(view.runs),
    )


def _is_fixed_by_config(configuration: ConfigurationRecord) -> bool:
    """Return whether by the config itself nothing follows the seeds, rows of unknown code aside."""
    predicted, drawn = configuration.predicted.get("runs"), configuration.drawn
    if predicted is not None and predicted.state == State.SAME:
        return True
    # Older records do not say what is unknown.
    return drawn.get("runs") == [] and set(drawn.get("unknown", ["init"])) <= {"data"}
