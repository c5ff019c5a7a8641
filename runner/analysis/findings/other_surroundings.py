"""Whether runs of several sweeps differ only where the files or versions of their sweeps do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runner.analysis.measurement import ConfigurationResult
from runner.numeric.verdicts import Verdict
from runner.record.surroundings.planned import read_surroundings
from runner.text import list_some

MAX_NAMED = 3
"""Files, versions and flags that are named; more are counted."""


def explain_surroundings(measured: ConfigurationResult) -> str | None:
    """Return that runs differ only between sweeps that were made with other files or versions.

    None if that is not so, or if nobody can tell: a script that was edited between two sweeps is no
    script that does not repeat.
    """
    sweeps = dict.fromkeys(run.sweep for run in measured.runs)
    if measured.verdict is not Verdict.UNCONTROLLED or len(sweeps) < 2:
        return None
    surroundings = {sweep: read_surroundings(sweep) for sweep in sweeps}
    changed = _find_changed(list(surroundings.values()))
    outputs: dict[tuple[str | None, ...], set[str | None]] = {}
    for run in measured.runs:
        group = tuple(surroundings[run.sweep].get(name) for name in changed)
        outputs.setdefault(group, set()).add(run.record.digest)
    if not all(surroundings.values()) or any(len(each) > 1 for each in outputs.values()):
        return None
    return (
        "No two runs made with the same files and versions differ; the sweeps that are put together"
        f" here differ in {list_some(changed, MAX_NAMED)}. Look at each sweep by itself."
    )


def _find_changed(surroundings: Sequence[Mapping[str, str | None]]) -> list[str]:
    """Return the names whose values are not the same in all; a missing one is another value."""
    names = dict.fromkeys(name for each in surroundings for name in each)
    # Another file of the repository is another revision too, which names it no better.
    changed = [name for name in names if len({each.get(name) for each in surroundings}) > 1]
    return [name for name in changed if name != "source revision"] or changed
