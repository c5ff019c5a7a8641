"""The record of one run and its arrays: what is kept of it, and under which file names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

RECORD = "record.json"
OUTPUTS = "outputs.npz"
LOG = "run.log"
MULTIRUN = "multirun.yaml"
"""Hydra's file with a sweep's config. It marks a sweep, inside which job numbers are unique."""
NAMES = "outputs/names"
"""The stage of the names of what stands side by side in the outputs, where they have names."""
FORMAT = 2
"""Raised when a reader of the older format would misread a record."""


@dataclass(frozen=True)
class Record:
    """Everything known of one run. Missing is None or empty, never 0."""

    configuration: str
    """Id of the configuration, a digest of its content."""
    job: int
    replicate: int
    replay_of: int | None
    """The job that this run repeats, or None."""
    overrides: dict[str, str]
    """What the command line said of the configuration, key to value."""
    status: Literal["ok", "failed"]
    error: str | None = None
    """A first line that says why the run failed; what a process that died wrote last follows."""
    retried: list[str] = field(default_factory=list)
    """Why earlier attempts at this run failed, first lines, where retries were asked for."""
    strategy: str = "unset"
    seeds: dict[str, int] = field(default_factory=dict)
    """Seeds used: `value` for the global generators, or one a source. Empty: nothing seeded."""
    metrics: list[dict[str, float]] = field(default_factory=list)
    """Metrics on the test part, one dictionary a build."""
    fingerprints: list[dict[str, str]] = field(default_factory=list)
    """Stage to digest, in causal order, one dictionary a build."""
    digest: str | None = None
    """Of the outputs: their shape, type and bits."""
    outputs_sha256: str | None = None
    """Checksum of outputs.npz."""
    compare: dict[str, float] = field(default_factory=dict)
    """rtol, atol and confidence asked for."""
    claims: list[dict[str, Any]] = field(default_factory=list)
    """Claims about the configuration, with what they leave open left out."""
    vary: list[str] | None = None
    """Sources that differ by replicate, under derived seeds; None under others."""
    absent: list[str] = field(default_factory=list)
    """Sources of randomness that the configuration does not have."""
    predicted: dict[str, list[str]] = field(default_factory=dict)
    """Axis to the state predicted before the run (same, differs or unknown) and the reason."""
    collapse: list[str | None] = field(default_factory=list)
    """One a build: where and why the outputs stopped depending on the input; None: they do not."""
    environment: dict[str, Any] = field(default_factory=dict)
    """Versions, threads and flags in force."""
    wall_s: float | None = None
    peak_rss_bytes: int | None = None
    hash_seed: int | None = None
    """PYTHONHASHSEED of the interpreter; None when it was not set and so cannot be known."""


@dataclass(frozen=True)
class RunArrays:
    """The arrays of a successful run."""

    outputs: npt.NDArray[np.generic]
    """(build, call, input, unit), in the model's own type (bfloat16 as float32, exactly)."""
    inputs: npt.NDArray[np.uint64]
    """(input,): equal numbers for bitwise equal probe inputs."""
    targets: npt.NDArray[np.generic] | None = None
    """(input,): the probe's class labels; None when the targets are no class labels."""
