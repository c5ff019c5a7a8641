"""OBS1xx, randomness."""

from __future__ import annotations

from collections.abc import Iterator

from runner.analysis.findings.finding_rule import Observation
from runner.analysis.findings.view import ConfigurationView


def left_files(view: ConfigurationView) -> Iterator[Observation]:
    """Runs during which files were written where later runs could read them.

    ## What it sees

    While your training function ran (`task=function`), files were written into the directory that
    the sweep was started in. Directories below it are not looked at. Another program may have
    written the files too.

    ## Why it matters

    A run that finds what an earlier one left is no repetition of it, and its equal output proves
    nothing.

    ## What to change

    Write files into a directory of the run's own, such as that of `tempfile.mkdtemp()`, and remove
    what earlier runs left before you run again.
    """
    facts = [fact for _, fact in view.find_facts("left-files")]
    found = [fact for fact in facts if fact.numbers["files"].high > 0]
    if not found:
        return
    worst = max(found, key=lambda fact: fact.numbers["files"].high)
    yield Observation(
        "directory",
        f"Files were written into the directory that the sweep was started in:"
        f" {worst.words['names']} (in {len(found)} of {len(facts)} runs).",
        "Let the function write into a directory of its own, such as tempfile.mkdtemp(), and remove"
        " what earlier runs left.",
        len(found),
        len(facts),
    )
