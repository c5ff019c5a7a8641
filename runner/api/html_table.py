"""Shows results as HTML, as a notebook does below a cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from runner.analysis.results import Results
from runner.analysis.tables.row_names import name_row
from runner.report.findings.measured_findings import format_findings
from runner.report.sweep_tables import list_columns
from runner.text import strip_control_characters

MOST_RANK = 5
"""Columns of a higher rank are left out, as in a terminal of usual width."""

MOST_ROWS = 50
"""Configurations that are shown; a line counts the others."""

CELL = "text-align:left;padding:2px 10px 2px 0;white-space:nowrap"
"""The style of a cell; colours are the notebook's own, light or dark."""


def format_html(results: Results, failures: Sequence[str]) -> str:
    """Return the table, the sentences and the findings as HTML with all texts escaped.

    Args:
        results: of a sweep.
        failures: what went wrong, in lines; empty if all is well.
    """
    columns = [each for each in list_columns(results) if each.rank <= MOST_RANK]
    rows = range(min(len(results.table), MOST_ROWS))
    parts = [
        "<table>",
        _row("th", (each.heading for each in columns)),
        *(_row("td", (each.cells[number] for each in columns)) for number in rows),
        "</table>",
    ]
    if left := len(results.table) - len(rows):
        parts.append(f"<p>{left} more configurations are in <code>.table</code></p>")
    for number in rows:
        row = results.table.iloc[number].to_dict()
        head = f"{name_row(results, row)} {row['verdict']}".strip()
        parts.append(f"<p><b>{_show(head)}</b>: {_show(results.sentences[number])}</p>")
    if findings := format_findings(results).plain.strip():
        parts.append(f'<pre style="white-space:pre-wrap">{_show(findings)}</pre>')
    parts += [f"<p><b>{_show(each)}</b></p>" for each in failures]
    return f"<div>{''.join(parts)}</div>"


def _row(kind: str, cells: Iterable[str]) -> str:
    shown = "".join(f'<{kind} style="{CELL}">{_show(each)}</{kind}>' for each in cells)
    return f"<tr>{shown}</tr>"


def _show(text: str) -> str:
    """Return a text that HTML shows as it is, whatever it holds."""
    return escape(strip_control_characters(text))
