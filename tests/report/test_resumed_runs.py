"""The column of resumed runs, in a table of which some configurations have none."""

from __future__ import annotations

import io

from rich.console import Console
from synthetic import outputs, write

from runner.analysis.results import collate
from runner.record.reasons import Clause, count
from runner.report.sweep_summary import print_configurations


def test_what_was_not_resumed_is_shown_as_unmeasured(tmp_path):
    unset = {"configuration": "b" * 12, "overrides": {"seed": "unset"}, "strategy": "unset"}
    for job in range(2):
        at = Clause("state-at", "1", {"progress": "p", "drawn": ""})
        write(tmp_path, job, outputs(), build_facts=[[at], []])
        write(tmp_path, job + 3, outputs(job), seeds={}, **unset)
    said = {"progress": "p", "kept": "backup"}
    fact = Clause("resumed", words=said, numbers={"epoch": count(1), "repeated_steps": count(0)})
    again = {"resume_of": 0, "resume_at": 1, "replicate": 0, "facts": [fact]}
    write(tmp_path, 2, outputs(shape=(1, 2, 4, 3)), **again)
    results = collate(tmp_path)
    states = dict(zip(results.table["seed"], results.table["resume"], strict=True))
    assert states == {"fixed": "same", "unset": "unmeasured"}
    console = Console(file=io.StringIO(), width=100)
    print_configurations(console, results)
    heading, fixed, unset = console.file.getvalue().splitlines()[:3]
    place = heading.index("resume")
    assert (fixed[place:].split()[0], unset[place:].split()[0]) == ("same", "-")
