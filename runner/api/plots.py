"""The pictures of a sweep's results, each drawn when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.analysis.results import Results
from runner.api.configuration_choice import find_configuration

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Plots:
    """Returns figures of matplotlib, which a notebook shows and `savefig` writes."""

    def __init__(self, results: Results) -> None:
        self._results = results

    def runs(self, metric: str | None = None) -> Figure:
        """Draw every run, with means, intervals and what claims say was published.

        Args:
            metric: None for the first one that is no loss.

        Raises:
            runner.errors.ConfigError: runs have no such metric, or matplotlib is not installed.
        """
        from runner.pictures.run_dots import draw_runs

        return draw_runs(self._results, metric)

    def strip(self, config: str | None = None, **overrides: object) -> Figure:
        """Draw where the runs of a configuration part: rows are runs, columns are stages.

        Raises:
            runner.errors.ConfigError: no configuration fits or several do, no run has
                fingerprints, or matplotlib is not installed.
        """
        from runner.pictures.strip_picture import draw_strip

        return draw_strip(self._results, find_configuration(self._results, config, overrides))

    def sources(self, metric: str | None = None) -> Figure:
        """Draw how much each source of randomness alone varies a metric.

        Raises:
            runner.errors.ConfigError: `seed.vary` was not swept, runs have no such metric, or
                matplotlib is not installed.
        """
        from runner.pictures.source_shares import draw_sources

        return draw_sources(self._results, metric)
