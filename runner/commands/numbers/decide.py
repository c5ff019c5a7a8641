"""`decide`: run two configurations in pairs until a difference is settled."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from runner.commands.print_format import TextOrJson
from runner.errors import ConfigError, RunFailed, RunnerError
from runner.statistics.confidence_sequence import Method
from runner.text import strip_control_characters

if TYPE_CHECKING:
    from runner.analysis.results import Results
    from runner.statistics.sequential_decision import Decided, Question
    from runner.sweep.pair_rounds import PairRounds

DECISION = "decision.json"
"""Name of the file with the decision and its trail."""

UNDECIDED = 2
"""Exit status if nothing was decided, whatever the reason."""


class Better(StrEnum):
    """Which values of the metric are better."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True)
class _Found:
    """What is known so far."""

    decided: Decided
    values: list[tuple[float, float]]
    """The metric of A and of B in each pair."""
    why: str | None = None
    """Why the decision cannot go on; None: it can."""


def decide(
    overrides: Annotated[
        list[str] | None,
        typer.Argument(help="Overrides of both configurations, such as data=digits."),
    ] = None,
    a: Annotated[
        str | None, typer.Option("--a", metavar="OVERRIDES", help="Those of A, in one word.")
    ] = None,
    b: Annotated[
        str | None, typer.Option("--b", metavar="OVERRIDES", help="Those of B, in one word.")
    ] = None,
    metric: Annotated[str, typer.Option(help="The metric that decides.")] = "accuracy",
    difference: Annotated[
        float, typer.Option(help="By how much B has to be better, in the metric's units.")
    ] = 0.0,
    max_pairs: Annotated[int | None, typer.Option(min=1, help="Most pairs; 50 by default.")] = None,
    better: Annotated[
        Better | None, typer.Option(help="Which values are better; known for common metrics.")
    ] = None,
    method: Annotated[
        Method | None,
        typer.Option(help="bounded assumes nothing else; normal needs fewer pairs, and trust."),
    ] = None,
    largest: Annotated[
        float | None,
        typer.Option(help="The largest difference that a pair can have; 1 for shares."),
    ] = None,
    config_dir: Annotated[Path | None, typer.Option(help="Directory of your own configs.")] = None,
    directory: Annotated[
        Path | None, typer.Option(help="Where to save it; below outputs by default.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Go on with a decision; --max-pairs can be raised."),
    ] = None,
    accept_change: Annotated[
        bool, typer.Option("--accept-change", help="Resume even if code or versions changed.")
    ] = False,
    trust: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Packages whose code a run may use; see --help."),
    ] = None,
    format: Annotated[TextOrJson, typer.Option(help="Format of the decision.")] = TextOrJson.text,
) -> int:
    """Run A and B in pairs with equal seeds until it is settled whether B is better.

    One may look after every pair: a false decision has a chance of 5% at most. Exit status: 0 if B
    is better than A by more than the difference; 1 if it is not; 2 if that is undecided, a run
    failed, or the command is wrong.
    """
    from runner.config.compose import open_configs
    from runner.record.directories import claim_directory, lock_directory
    from runner.report.statistics.decision_text import describe_start
    from runner.sweep.pair_rounds import PairRounds
    from runner.sweep.script_sweep import choose_directory
    from runner.sweep.stored_question import read_question, write_question

    if resume is not None:
        given = [overrides, a, b, better, method, largest, config_dir, directory]
        if difference or any(each is not None for each in given if each != []):
            rule = "goes on with what was asked; only --max-pairs can be given with it"
            raise ConfigError("--resume", rule, resume)
        question = read_question(resume)
        question = replace(question, max_pairs=max_pairs or question.max_pairs)
    else:
        question = _ask([*(overrides or [])], (a, b), metric, difference, (better, method, largest))
        question = replace(
            question,
            max_pairs=max_pairs or question.max_pairs,
            config_dir=None if config_dir is None else str(config_dir),
        )
    further = None if question.config_dir is None else Path(question.config_dir)
    with open_configs(further) as configs:
        place = Path(choose_directory([])) if directory is None else directory
        sides = (question.a, question.b)
        rounds = PairRounds(configs, sides, resume if resume is not None else place)
        if format is TextOrJson.text:
            _print(describe_start(question))
        if resume is None:
            rounds.directory = claim_directory(str(place), "--directory")
            write_question(rounds.directory, question)
        with lock_directory(rounds.directory):
            try:
                return _run(question, rounds, format, accept_change)
            except ConfigError:
                raise
            except (RunnerError, OSError) as error:  # 1 would say that B is not better
                _print([str(error)], sys.stderr)
                return UNDECIDED


def _ask(
    common: Sequence[str],
    sides: tuple[str | None, str | None],
    metric: str,
    difference: float,
    settings: tuple[Better | None, Method | None, float | None],
) -> Question:
    """Return the question that a command line asks, with what it leaves open filled in."""
    from runner.config.overrides import lengthen_keys
    from runner.statistics.metric_kind import kind_of_metric
    from runner.statistics.sequential_decision import Question, Rule
    from runner.sweep.pair_rounds import complete_overrides
    from runner.trust.command_line import remember_also

    words = []
    for name, text in zip(("--a", "--b"), sides, strict=True):
        if text is None:
            raise ConfigError(name, "must give the overrides of that side", "nothing")
        try:
            words.append(lengthen_keys(shlex.split(text)))
        except ValueError as error:
            raise ConfigError(name, f"cannot be read ({error})", text) from None
    remember_also([word for each in words for word in each])
    better, method, largest = settings
    known = kind_of_metric(metric)
    higher = known.higher_is_better if better is None else better is Better.HIGHER
    if higher is None:
        rule = "must say which values of this metric are better, as --better higher or lower"
        raise ConfigError("--better", rule, metric)
    if method is Method.NORMAL and largest is not None:
        raise ConfigError("--largest", "goes with --method bounded only", largest)
    if method is Method.BOUNDED and largest is None and not known.share:
        rule = "must be given, because it is not known how far apart two values can be"
        raise ConfigError("--largest", rule, metric)
    if method is None:
        method = Method.BOUNDED if known.share or largest is not None else Method.NORMAL
    rule_ = Rule(difference, method, 1.0 if largest is None else largest)
    a, b = complete_overrides(common, *words)
    return Question(a, b, metric, higher, 50, rule_)


def _run(question: Question, rounds: PairRounds, format: TextOrJson, accept_change: bool) -> int:
    """Run rounds until something is decided or cannot be; print and save the decision."""
    from runner.record.store import write_atomically
    from runner.report import files
    from runner.report.statistics import decision_text
    from runner.statistics.sequential_decision import Decision

    def conclude(results: Results, _: int) -> None:
        files.save(results)

    rounds.finish(conclude, accept_change=accept_change)
    while True:
        found = _look(question, rounds)
        count = len(found.values)
        text = decision_text.format_decision(
            question, found.decided, found.values, str(rounds.directory), found.why
        )
        write_atomically(rounds.directory / DECISION, text.encode())
        left = question.max_pairs - count
        if found.why or found.decided.decision is not Decision.UNDECIDED or left <= 0:
            break
        if count:
            _print([decision_text.describe_look(found.decided)], sys.stderr)
        wanted = max(rounds.workers, question.rule.fewest - count)
        rounds.run(min(left, wanted), conclude)
    if format is TextOrJson.json:
        print(text)
    else:
        _print([decision_text.describe_decision(question, found.decided, found.why)])
        _print([f"saved in {rounds.directory}"])
    return found.decided.decision.exit_status


def _look(question: Question, rounds: PairRounds) -> _Found:
    from runner.statistics.sequential_decision import decide_pairs

    try:
        pairs = rounds.read_pairs(question.metric)
    except RunFailed as error:
        decided, _ = decide_pairs(question, [])
        return _Found(decided, [], str(error))
    values = [(each.a, each.b) for each in pairs]
    decided, why = decide_pairs(question, values)
    return _Found(decided, values, why)


def _print(lines: Sequence[str], stream: TextIO | None = None) -> None:
    for line in lines:
        print(strip_control_characters(line), file=stream, flush=True)
