"""Shows a decision between two configurations, in words and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from runner.statistics.confidence_sequence import Bounds, Method
from runner.statistics.sequential_decision import ALPHA, Decided, Decision, Question, Rule
from runner.text import plural

ASSUMES = {
    Method.BOUNDED: "no difference of a pair is larger than {largest:g}; nothing else",
    Method.NORMAL: "the differences of pairs are about normal; a rare run that fails is not seen",
}
"""What each method takes for given."""


def describe_start(question: Question) -> list[str]:
    """Return what can be said before anything runs, a line each."""
    shared = question.same_overrides()
    rule = question.rule
    a, b = (
        " ".join(x for x in each if x not in shared) or "the rest"
        for each in (question.a, question.b)
    )
    more = "higher" if question.higher_is_better else "lower"
    lines = [
        f"A: {a}",
        f"B: {b}",
        f"both: {' '.join(each for each in question.a if each in shared)}",
        f"Is B better by more than {rule.difference:g} in {question.metric} ({more} is better)?"
        f" Wrong with a chance of {100 * ALPHA:g}% at most, if {_assumes(rule)}.",
    ]
    size = _smallest_of_interest(rule)
    if rule.method is Method.BOUNDED and (needed := rule.fewest_at(size)) > question.max_pairs:
        lines.append(
            f"{plural(question.max_pairs, 'pair')} settle only what is far from"
            f" {rule.difference:g}: were B better by {size:g} in every pair, it would take"
            f" {needed}. --method normal or a smaller --largest take fewer, and more for given."
        )
    return lines


def describe_decision(question: Question, decided: Decided, why: str | None = None) -> str:
    """Return the decision in a sentence.

    Args:
        question: what was asked.
        decided: the decision.
        why: why it ended without one; None: it did not, or the pairs ran out.
    """
    by, metric = f"{question.rule.difference:g}", question.metric
    seen = plural(decided.pairs, "pair")
    bounds = _show_bounds(decided)
    if decided.decision is Decision.B:
        return f"b: B is better than A by more than {by} in {metric}, after {seen}{bounds}."
    if decided.decision is Decision.A:
        return f"a: A is better than B by more than {by} in {metric}, after {seen}{bounds}."
    if decided.decision is Decision.NOT_BETTER:
        return f"not better: B is not better by {by} in {metric}, after {seen}{bounds}."
    reason = f": {why}" if why else ", which is not to say that A and B do not differ"
    return f"undecided after {seen}{bounds}{reason}."


def describe_look(decided: Decided) -> str:
    """Return what is known after the last pair, in a line."""
    if not decided.trail:
        return "no pair yet"
    last = decided.trail[-1]
    return f"{plural(last.pairs, 'pair')}: {_show_look(last.mean, last.bounds)}"


def format_decision(
    question: Question,
    decided: Decided,
    pairs: Sequence[tuple[float, float]],
    directory: str,
    why: str | None,
) -> str:
    """Return everything as JSON; null stands for a bound that is not known yet."""
    content: dict[str, Any] = {
        "decision": str(decided.decision),
        "exit_status": decided.decision.exit_status,
        "pairs": decided.pairs,
        "why": why,
        "directory": directory,
        "a": list(question.a),
        "b": list(question.b),
        "metric": question.metric,
        "higher_is_better": question.higher_is_better,
        "difference": question.rule.difference,
        "method": str(question.rule.method),
        "assumes": _assumes(question.rule),
        "alpha": ALPHA,
        "max_pairs": question.max_pairs,
        "values": [{"a": a, "b": b} for a, b in pairs],
        "trail": [
            {
                "pairs": each.pairs,
                "mean": each.mean,
                "low": _finite(each.bounds.low),
                "high": _finite(each.bounds.high),
            }
            for each in decided.trail
        ],
    }
    return json.dumps(content, indent=1)


def _smallest_of_interest(rule: Rule) -> float:
    """Return an advantage that whoever states this difference would want to see settled."""
    return min(rule.largest, 2 * rule.difference or 0.01 * rule.largest)


def _assumes(rule: Rule) -> str:
    return ASSUMES[rule.method].format(largest=rule.largest)


def _show_bounds(decided: Decided) -> str:
    if not decided.pairs or len(decided.trail) < decided.pairs:
        return ""
    look = decided.trail[decided.pairs - 1]
    return f" ({_show_look(look.mean, look.bounds)})"


def _show_look(mean: float, bounds: Bounds) -> str:
    if math.isinf(bounds.low) and math.isinf(bounds.high):
        return f"B is better by {mean:.3g} on average, with no bounds yet"
    return f"B is better by {mean:.3g} on average, {bounds.low:.3g} to {bounds.high:.3g}"


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
