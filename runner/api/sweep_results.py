"""The results of a sweep, as a program or a notebook uses them."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from runner.analysis import results as collated
from runner.api.configuration_choice import find_configuration
from runner.numeric.verdicts import Verdict
from runner.report.console import print_to_text
from runner.report.findings.measured_findings import format_findings
from runner.report.sweep_summary import list_failures, print_configurations
from runner.text import strip_control_characters

if TYPE_CHECKING:
    from runner.api.labelled_outputs import LabelledOutputs
    from runner.api.plots import Plots
    from runner.api.run_comparison import RunComparison


class Results:
    """What a sweep shows, read from its directory.

    Where a method takes a configuration, that is its id, an unambiguous beginning of its id, a text
    such as `"seed=fixed shuffle=on"`, or keywords such as `seed="fixed"`. It may be left out where
    there is only one.
    """

    def __init__(self, found: collated.Results, planned: int | None = None) -> None:
        """Wrap what was collated.

        Args:
            found: the collated results; their arrays are dropped, and read again when asked for.
            planned: the number of runs that the sweep planned; None if that is not known.
        """
        self._found = replace(found, evidence=tuple(each.let_go() for each in found.evidence))
        self._planned = planned

    @property
    def directory(self) -> Path:
        """The directory of the sweep."""
        return self._found.directory

    @property
    def table(self) -> pd.DataFrame:
        """One row for each configuration, as in table.csv."""
        return self._found.table

    @property
    def runs(self) -> pd.DataFrame:
        """One row for each run, replays and failed ones included, as in runs.csv."""
        return self._found.runs

    @property
    def findings(self) -> pd.DataFrame:
        """One row for each finding, the worst first, as in findings.csv."""
        return self._found.findings

    @property
    def claims(self) -> pd.DataFrame:
        """One row for each claim and what was measured, as in claims.csv."""
        return self._found.claims

    @property
    def factors(self) -> pd.DataFrame:
        """What changing each swept key does, all else being equal, as in factors.csv."""
        return self._found.factors

    @property
    def attribution(self) -> pd.DataFrame | None:
        """How much each source varies the results; None unless `seed.vary` was swept."""
        return self._found.attribution

    @property
    def sentences(self) -> list[str]:
        """What was found, one text for each row of the table."""
        return self._found.sentences

    @property
    def problems(self) -> list[str]:
        """Records that could not be used, each with the reason."""
        return self._found.problems

    @property
    def failure(self) -> str | None:
        """Why the command line would exit with status 1, in one line; None if all is well.

        Runs failed or left no record, or claims were refuted.
        """
        return self._found.explain_failure(self._planned)

    @cached_property
    def outputs(self) -> LabelledOutputs:
        """Configuration to its outputs, an xarray.DataArray that is read when it is asked for.

        `outputs[config, "name"]` is one of several outputs of a model.
        """
        from runner.api.labelled_outputs import LabelledOutputs

        return LabelledOutputs(self._found)

    @cached_property
    def plot(self) -> Plots:
        """Pictures: `plot.runs()`, `plot.strip()` and `plot.sources()`."""
        from runner.api.plots import Plots

        return Plots(self._found)

    def verdict(self, config: str | None = None, **overrides: object) -> Verdict:
        """Return the verdict on a configuration, which is also its word, such as `"repeatable"`.

        Raises:
            runner.errors.ConfigError: no configuration fits, or several do.
        """
        number = find_configuration(self._found, config, overrides)
        return Verdict(self.table["verdict"].iloc[number])

    def explain(self, config: str | None = None, **overrides: object) -> str:
        """Return why a configuration has its verdict, with its findings, as text for a person.

        Raises:
            runner.errors.ConfigError: no configuration fits, or several do.
        """
        only = self._found.only(find_configuration(self._found, config, overrides))
        text = f"{only.table['verdict'].iloc[0]}: {only.sentences[0]}"
        findings = format_findings(only, None).plain.strip()
        failures = "\n".join(list_failures(replace(only, problems=[])))
        return "\n\n".join(filter(None, (text, failures, findings)))

    def diff(self, a: int | str, b: int | str) -> RunComparison:
        """Return where two runs begin to differ, and how far apart they are.

        Args:
            a: a run, by its directory as in the column `dir` of `runs`, such as 0.
            b: another.

        Raises:
            runner.errors.ConfigError: there is no such run.
        """
        from runner.api.run_comparison import compare_runs

        return compare_runs(self._found, a, b)

    def __repr__(self) -> str:
        table = print_to_text(lambda console: print_configurations(console, self._found))
        return "\n".join([table, *map(strip_control_characters, self._list_failures())])

    def _repr_html_(self) -> str:
        from runner.api.html_table import format_html

        return format_html(self._found, self._list_failures())

    def _list_failures(self) -> list[str]:
        """Return in lines why `failure` is not None; empty if all is well."""
        return [*filter(None, [self.failure]), *list_failures(self._found)]

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}
