"""Gives the outputs of a configuration as an array with named axes and labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from runner.analysis.measurement import stack_outputs
from runner.analysis.outputs import EXACT_INTEGERS, Outputs
from runner.analysis.results import Results
from runner.api.configuration_choice import find_configuration
from runner.config.schema import AXES
from runner.errors import ConfigError, nearest
from runner.pictures.extras import import_extra
from runner.record.reader import StoredRun, read_runs_in

if TYPE_CHECKING:
    import xarray

    Choice: TypeAlias = str | tuple[str, str]

KEY = "outputs"
"""What errors name."""

DIMENSIONS = ("run", *AXES)
"""The axes, outermost first."""


class LabelledOutputs(Mapping["Choice", "xarray.DataArray"]):
    """Configuration to its outputs, which are read from disk each time they are asked for.

    The axes are run, build, call, input and unit. Replays and failed runs are left out. A value
    that a run does not have is missing (NaN).
    """

    def __init__(self, results: Results) -> None:
        self._results = results

    def __getitem__(self, choice: Choice) -> xarray.DataArray:
        """Return the outputs of a configuration, or one of several outputs by its name.

        Args:
            choice: what says which configuration, or a pair of that and the output's name.

        Raises:
            ConfigError: there is no such configuration or output, or xarray is not installed.
        """
        config, name = choice if isinstance(choice, tuple) else (choice, None)
        number = find_configuration(self._results, config)
        stored = self._read(number)
        outputs = stack_outputs(stored)
        if name is not None:
            outputs = _take(outputs, name)
        runs = [each for each in stored if each.arrays and each.record.replay_of is None]
        row = self._results.table.iloc[number]
        about = {"configuration": row["configuration"], "verdict": row["verdict"]}
        return _label(outputs, runs, about)

    def __iter__(self) -> Iterator[str]:
        """Yield the ids of the configurations that have a successful run."""
        return iter(self._results.table.loc[self._results.table["runs"] > 0, "configuration"])

    def __len__(self) -> int:
        """Return how many configurations have a successful run."""
        return int((self._results.table["runs"] > 0).sum())

    def __repr__(self) -> str:
        return f"outputs of {', '.join(iter(self)) or 'no configuration'}, read when asked for"

    def _read(self, number: int) -> list[StoredRun]:
        runs = self._results.only(number).runs
        kept = runs[runs["status"] == "ok"]
        if "resume_of" in kept:
            kept = kept[kept["resume_of"].isna()]
        directories = [self._results.directory / each for each in kept["dir"]]
        return read_runs_in(directories, with_arrays=True)


def _take(outputs: Outputs, name: str) -> Outputs:
    try:
        return outputs.of(name)
    except KeyError:
        known = [each.name for each in outputs.parts]
        hint = nearest(name, known) or f"Outputs: {', '.join(known) or 'only one, without a name'}"
        raise ConfigError(KEY, "there is no output of this name", name, hint) from None


def _label(outputs: Outputs, runs: list[StoredRun], about: Mapping[str, str]) -> xarray.DataArray:
    """Return outputs with named axes and the labels that are known."""
    library = import_extra("xarray", "notebook", KEY)
    shape = outputs.values.shape
    jobs: list[Any] = [each.record.job for each in runs]
    if len({each.sweep for each in runs}) > 1:
        jobs = [str(each.directory) for each in runs]  # sweeps number their jobs alike
    labels: dict[str, Any] = {
        "run": jobs,
        "replicate": ("run", [each.record.replicate for each in runs]),
        **{axis: np.arange(size) for axis, size in zip(AXES, shape[1:], strict=True)},
    }
    if outputs.parts:
        names = [each.name for each in outputs.parts for _ in range(each.units)]
        labels["output"] = ("unit", names)
    if (targets := _shared_targets(runs, shape[3])) is not None:
        labels["target"] = ("input", targets)
    made: xarray.DataArray = library.DataArray(
        _fill(outputs), dims=DIMENSIONS, coords=labels, name="outputs", attrs=dict(about)
    )
    return made


def _fill(outputs: Outputs) -> np.ndarray[Any, Any]:
    """Return the values, with NaN where a run has none."""
    values = outputs.values
    if outputs.present.all():
        return values
    if values.dtype.kind != "f":
        exact = bool((np.abs(values.astype(object)) <= EXACT_INTEGERS).all())
        values = values.astype(np.float64 if exact else object)
    return np.where(outputs.present, values, np.asarray(np.nan, values.dtype))


def _shared_targets(runs: list[StoredRun], inputs: int) -> Any:
    """Return the class labels of the probe, if all runs have the same ones; else None."""
    found = [each.arrays.targets for each in runs if each.arrays is not None]
    first = found[0] if found else None
    if first is None or len(first) != inputs:
        return None
    alike = all(each is not None and np.array_equal(each, first) for each in found)
    return first if alike else None
