"""Words each reason why outputs ignore their input or are not finite; no other module does."""

from __future__ import annotations

from runner.record.format_2 import RECORDED
from runner.record.reasons import DIGITS, Clause, Join, Number, Reason

WORDS = {
    # --- a layer and its weights
    "weights-nonfinite": "{where}: its {weight} is NaN or infinite ({bad} of {size} values)",
    "weight-zero": "{where}: its {weight} is all zeros",
    "weights-zero": "{where}: its {weight} are all zeros",
    "weights-of-one-name-zero": "{where}: its weights named {weight} are all zeros",
    "through-bias": ", through its bias ({bias})",
    "through-kernel": ", through its kernel (up to {reach})",
    # --- what a layer gives
    "one-unit": "{where}: it is {value} whatever comes in",
    "one-unit-normalized": "{where}: it is {left} whatever comes in, up to rounding",
    "unit-dead": "{where}: its unit is 0 for every input",
    "units-dead": "{where}: all {units} units are 0 for every input",
    "unit-saturated": "{where}: its unit is saturated at {limits} for every input",
    "units-saturated": "{where}: all {units} units are saturated at {limits} for every input",
    "softmax-saturated": "{where}: saturated, {unit} of {units} is 1 and the others 0 for every"
    " input",
    "before-most": " (before {what} at most {sums})",
    "before-range": " (before {what} {sums})",
    "zero": "{where}: all its outputs are 0 for every input though its own inputs differ",
    "same": "{where}: gives the same for every input though its own inputs differ (by at most"
    " {apart})",
    "same-up-to-rounding": "{where}: gives the same for every input up to rounding (differences of"
    " at most {largest}) though its own inputs differ (by at most {apart})",
    "same-nonfinite": "{where}: {bad} of {size} outputs are NaN or infinite, the same for every"
    " input",
    "narrowed": "{where}: its outputs differ by at most {left}, too little for what follows, though"
    " its own inputs differ (by at most {given})",
    "narrowed-before": ", those of the model by at most {spread}",
    "nonfinite": "{where}: {bad} of {size} outputs are NaN or infinite, though its inputs (up to"
    " {reach}) are finite",
    "nonfinite-despite-weights": "{where}: {bad} of {size} outputs are NaN or infinite, though its"
    " inputs (up to {reach}) and weights are finite",
    "nonfinite-of-nothing": "{where}: {bad} of {size} outputs are NaN or infinite, though its"
    " inputs are finite",
    "nonfinite-of-weights": "{where}: {bad} of {size} outputs are NaN or infinite, though its"
    " inputs and weights are finite",
    # --- where no layer shows the reason
    "reaches": "what reaches {where} is {fault}",
    "returned": "what the model returns is {fault}",
    "made-of-results": "{where}: what it makes of its layers' results is {fault}",
    "not-followed": "{where}: its layers could not be followed",
    "some-calls": "some calls only: one more had outputs that are not {fault}",
    # --- the inputs
    "inputs-nonfinite": "the inputs: {bad} of {size} values are NaN or infinite",
    "inputs-same": "the inputs: as {dtype} they are all the same",
    "inputs-rounding": "the inputs: they reach {reach} and differ by at most {apart}, which counts"
    " as rounding",
    "helping-reach": "; inputs that reached 1 instead of {reach} would give outputs that differ",
    # --- training
    "not-trained": "; it was not trained (train.epochs=0)",
    "nothing-changed": "; training changed no weight",
    "one-label": "; all {rows} training labels are {label}",
    "one-target": "; all {rows} training targets are the same",
    "training-inputs-nonfinite": "; {inputs} values of the training inputs are NaN or infinite",
    "training-targets-nonfinite": "; {targets} values of the training targets are NaN or infinite",
    "training-nonfinite": "; {inputs} values of the training inputs and {targets} values of the"
    " training targets are NaN or infinite",
    # --- between the reasons of several branches
    "and": " and ",
    "more": " and {count} more",
}
"""The template of each code of a clause, with the names of the clause's words and numbers."""

UNKNOWN = "{where}: {code}, which this version has no words for"
"""The template for a clause whose code or parts are those of a newer version."""

FAULTS = {
    "same": "the same for every input",
    "narrow": "nearly the same for every input",
    "nonfinite": "NaN or infinite",
}
"""What is said of a tensor for each word `fault` of a clause."""


def word_reason(reason: Reason) -> str:
    """Return a reason on one line, without a full stop."""
    return "".join(map(word_clause, reason.clauses))


def word_clause(clause: Clause) -> str:
    """Return a clause as text, which begins with what connects it to the clause before it."""
    numbers = {name: word_number(each) for name, each in clause.numbers.items()}
    if clause.code == RECORDED:  # its words are the pieces of a sentence, with numbers between them
        pieces = list(clause.words.values())
        return "".join(map("".join, zip(pieces, [*numbers.values(), ""], strict=True)))
    words = dict(clause.words)
    if "fault" in words:
        words["fault"] = FAULTS.get(words["fault"], words["fault"])
    try:
        return WORDS[clause.code].format_map({**words, **numbers, "where": clause.where})
    except KeyError:  # a newer version recorded it, and may use other names for its parts
        return UNKNOWN.format(where=clause.where or "the model", code=clause.code)


def word_number(number: Number) -> str:
    """Return what was measured as text, with DIGITS significant digits unless it is whole."""
    low, high = _digits(number.low), _digits(number.high)
    if number.join is Join.UNIT:
        return f"unit {low}" if low == high else "one unit"
    between = " or " if number.join is Join.LIMITS else " to "
    return low if low == high else f"{low}{between}{high}"


def _digits(value: int | float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.{DIGITS}g}"
