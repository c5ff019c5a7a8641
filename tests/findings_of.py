"""Findings in runs that are written to disk without running anything."""

from __future__ import annotations

from pathlib import Path

import synthetic

from runner.analysis.findings.find import find_findings
from runner.analysis.findings.finding_rule import Finding
from runner.analysis.measurement import measure
from runner.analysis.results import collate
from runner.record.reader import group_runs, read_stored


def find_in(sweep: Path, runs: list[dict], **shared) -> list[Finding]:
    """Write runs of one configuration and return what the rules find in them.

    Args:
        sweep: an empty directory.
        runs: for each run, the fields of its record that differ from those of `synthetic.write`;
            `values` are its outputs (build, call, input, unit), which differ by run by default,
            and None makes the run a failed one.
        shared: fields that all runs have, also of their configuration.
    """
    for job, each in enumerate(runs):
        fields = {**shared, **each}
        values = fields.pop("values", synthetic.outputs(job))
        synthetic.write(sweep, job, values, **fields)
    (group,) = group_runs(read_stored(sweep)[0])
    return find_findings(measure(group))


def of_code(findings: list[Finding], code: str) -> list[Finding]:
    """The findings of one rule."""
    return [each for each in findings if each.rule.code == code]


def sentence_of(sweep: Path) -> str:
    """The sentence on the one configuration of a sweep that was written."""
    (sentence,) = collate(sweep).sentences
    return sentence
