"""Words what a fix is: what was tried, what it costs, and which lines to change."""

from __future__ import annotations

from collections.abc import Sequence

from runner.analysis.findings.script_causes import Cause
from runner.record.timeline import Event, EventKind
from runner.remedy.find_fix import Fix
from runner.remedy.remedies import (
    DETERMINISTIC_OPS,
    FILL_SEEDS,
    FIX_SEEDS,
    HASH_SEED,
    IN_ORDER,
    ONE_THREAD,
    PLAIN_KERNELS,
    SEED_FIRST,
    SORT_LISTINGS,
    SORT_SETS,
    Outside,
)
from runner.text import plural

SEED = 42
"""The number that printed lines use; any would do."""


def word_fix(
    fix: Fix, causes: Sequence[Cause], seconds: float | None, *, torch: bool = False
) -> list[str]:
    """Return the lines that say what helps, and what to change in the script.

    Args:
        fix: the remedies.
        causes: the lines by which runs part.
        seconds: median duration of a run without remedies; None: not known.
        torch: whether the script uses PyTorch.
    """
    names = join_names([each.name for each in fix.remedies])
    ratio = _ratio(fix.trial.seconds, seconds)
    lines = [
        f"With {names} the runs repeat ({plural(fix.trial.runs, 'run')},"
        f" {plural(fix.tried, 'set')} of remedies tried{ratio})."
    ]
    for remedy in fix.remedies:
        lines += [f"  {line}" for line in _word_change(remedy, causes, torch=torch)]
    return lines


def join_names(names: Sequence[str]) -> str:
    """Return names as a list in a sentence."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _ratio(after: float | None, before: float | None) -> str:
    if not after or not before:
        return ""
    return f"; a run takes {after / before:.2f} times as long"


def _word_change(remedy: Outside, causes: Sequence[Cause], *, torch: bool) -> list[str]:
    """Return what to change for a remedy, at each line that is known to need it."""
    places = [
        (str(place), cause.event)
        for cause in causes
        if cause.event.kind in remedy.kinds
        for place in (cause.event.place, *cause.further)
    ]
    general = (_OF_TORCH if torch else {}).get(remedy.name, _GENERAL[remedy.name])
    if remedy is SEED_FIRST:
        before = f" before {places[0][0]}" if places else " at the start"
        return [f"add{before}: {line}" for line in write_seeding(causes, torch=torch)]
    if not places or remedy in (ONE_THREAD, DETERMINISTIC_OPS, PLAIN_KERNELS, HASH_SEED):
        return [general]
    return [_word_at_line(remedy, place, event) for place, event in places]


def _word_at_line(remedy: Outside, place: str, event: Event) -> str:
    if event.origin == "workers":
        return f"make the DataLoader that {place} goes over with num_workers=0"
    if event.call in ("torch.seed", "torch.Generator.seed"):
        return f"at {place}: call manual_seed({SEED}) in place of seed()"
    return f"at {place}: {_AT_LINE[remedy.name].format(call=event.call, seed=SEED)}"


def write_seeding(causes: Sequence[Cause], *, torch: bool = False) -> list[str]:
    """Return the calls that seed the generators that were drawn from without a seed."""
    drawn = {each.event.generator for each in causes if each.event.kind is EventKind.DRAW}
    keras = any(each.event.through == "keras" for each in causes)
    calls = {
        "python": f"random.seed({SEED})",
        "numpy": f"numpy.random.seed({SEED})",
        "torch": f"torch.manual_seed({SEED})",
    }
    if torch and not drawn:
        return list(calls.values())
    if keras or not drawn or not drawn <= set(calls):
        of_torch = [calls["torch"]] if "torch" in drawn else []
        return [f"keras.utils.set_random_seed({SEED})", *of_torch]
    return [call for name, call in calls.items() if name in drawn]


_GENERAL = {
    SEED_FIRST.name: "",
    FIX_SEEDS.name: "give every seed a fixed number",
    FILL_SEEDS.name: "give every generator a seed when it is made",
    SORT_LISTINGS.name: "sort the names of files",
    SORT_SETS.name: "sort the elements of sets",
    HASH_SEED.name: "set the environment variable PYTHONHASHSEED=0 before Python starts",
    IN_ORDER.name: "take results in the order in which they were asked for",
    ONE_THREAD.name: (
        "add at the start: tf.config.threading.set_intra_op_parallelism_threads(1) and"
        " tf.config.threading.set_inter_op_parallelism_threads(1)"
    ),
    DETERMINISTIC_OPS.name: "add at the start: tf.config.experimental.enable_op_determinism()",
    PLAIN_KERNELS.name: "set the environment variable TF_ENABLE_ONEDNN_OPTS=0 before Python starts",
}

_OF_TORCH = {
    ONE_THREAD.name: (
        "add at the start: torch.set_num_threads(1) and torch.set_num_interop_threads(1)"
    ),
    DETERMINISTIC_OPS.name: (
        "add at the start: torch.use_deterministic_algorithms(True); on a GPU, also set the"
        " environment variable CUBLAS_WORKSPACE_CONFIG=:4096:8 before Python starts"
    ),
}
"""What to change in a script that uses PyTorch."""

_AT_LINE = {
    FIX_SEEDS.name: "give {call} a number, such as {seed}",
    FILL_SEEDS.name: "give {call} a seed, such as {seed}, or draw from a generator with one",
    SORT_LISTINGS.name: "put sorted(...) around {call}(...)",
    SORT_SETS.name: "put sorted(...) around the {call}, by a key where they have no order",
    IN_ORDER.name: "take the results of {call} in the order in which they were asked for",
}
