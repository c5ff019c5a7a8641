"""Shows published results beside what was measured, in rows and columns as they were published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from rich.table import Table
from rich.text import Text

from runner.analysis.results import Results
from runner.report.columns import GAP
from runner.statistics.judgement import Answer
from runner.text import plural

STYLES = {
    Answer.COMPATIBLE: "green",
    Answer.EQUIVALENT: "green",
    Answer.DIFFERENT: "red",
    Answer.INCONCLUSIVE: "yellow",
}
"""The colour of each answer in a terminal."""


def split_claims(claims: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Return the claims that name no cell of a published table, and those that do.

    None: no claim names a cell, and the frame may lack the columns of cells.
    """
    if "row" not in claims:
        return claims, None
    named = claims["row"].notna() & claims["column"].notna()
    return claims[~named], claims[named] if named.any() else None


def build_cell_tables(results: Results) -> Iterator[tuple[Text, Table]]:
    """Yield each published table with what it is called, in the order of the claims.

    Claims of one source about one choice of evaluation make a table. Where several claims share
    a cell, the cell has them all.

    Args:
        results: the results of a sweep.
    """
    _, claims = split_claims(results.claims)
    if claims is None:
        return
    named = claims.fillna({"source": ""})
    for (source, evaluate), group in named.groupby(["source", "evaluate"], sort=False):
        title = f"{source or 'published'}, {evaluate} evaluation: published, then measured"
        yield Text(title, style="bold"), _build(group)


def count_unsettled(results: Results) -> str | None:
    """Return how many cells more replicates would settle, and how many it takes; None: none."""
    _, claims = split_claims(results.claims)
    if claims is None:
        return None
    open_ = claims[claims["answer"] == str(Answer.INCONCLUSIVE)]
    if open_.empty:
        return None
    needed = open_["needed_replicates"].dropna()
    text = f"{plural(len(open_), 'cell')} inconclusive"
    if needed.empty:
        return f"{text}: the published runs are too few for any number of replicates"
    settled = "it" if len(open_) == 1 else "them"
    if len(needed) < len(open_):
        settled = f"{len(needed)} of them"
    return f"{text}: replicates={int(needed.max())} would settle {settled}"


def _build(claims: pd.DataFrame) -> Table:
    columns = list(dict.fromkeys(claims["column"]))
    table = Table.grid(padding=(0, GAP, 0, 0))
    table.add_column()
    for _ in columns:
        table.add_column()
    table.add_row("", *(Text(str(name), style="bold") for name in columns))
    for row in dict.fromkeys(claims["row"]):
        of_row = claims[claims["row"] == row]
        cells = [_word(of_row[of_row["column"] == name]) for name in columns]
        table.add_row(Text(str(row), style="bold"), *cells)
    return table


def _word(claims: pd.DataFrame) -> Text:
    """Return what was published and measured for a cell; empty if there is no claim about it."""
    text = Text()
    row: dict[Any, Any]
    for row in claims.to_dict("records"):
        if text:
            text.append("\n")
        mean = "-" if pd.isna(row["mean"]) else f"{row['mean']:.4g}"
        sd = "" if pd.isna(row["sd"]) else f" ± {row['sd']:.2g}"
        text.append(f"{row['published']}\n{mean}{sd} (n={row['n']})\n")
        text.append(row["answer"], style=STYLES[Answer(row["answer"])])
    return text
