"""What is kept of a configuration and of each of its runs, and under which file names."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from runner.record.reasons import Reason

RECORD = "record.json"
OUTPUTS = "outputs.npz"
LOG = "run.log"
CONFIGURATIONS = "configurations"
"""The directory of configurations' records, in that of a sweep or of a single run."""
MULTIRUN = "multirun.yaml"
"""Hydra's file with a sweep's config. It marks a sweep, inside which job numbers are unique."""
NAMES = "outputs/names"
"""The stage of the names of what stands side by side in the outputs, where they have names."""
FORMAT = 3
"""Raised when a reader of the older format would misread a record. A field that is added with a
default needs no new format: records without it are read, and readers that lack it pass it over."""


@dataclass(frozen=True)
class Comparing:
    """How outputs of a configuration are compared."""

    rtol: float = 1e-5
    atol: float = 1e-8
    confidence: float = 0.95
    """Of all intervals and bounds, in (0, 1)."""


@dataclass(frozen=True)
class Predicted:
    """What was predicted of an axis before the run."""

    state: str
    """same, differs or unknown."""
    reason: str


@dataclass(frozen=True)
class ConfigurationRecord:
    """What all runs of a configuration share; written once. Missing is None or empty, never 0."""

    id: str
    """A digest of the configuration's content."""
    overrides: dict[str, str] = field(default_factory=dict)
    """What the command line said of the configuration, key to value."""
    strategy: str = "unset"
    """Name of the seed strategy."""
    compare: Comparing = field(default_factory=Comparing)
    claims: list[dict[str, Any]] = field(default_factory=list)
    """Claims about the configuration, with what they leave open left out."""
    vary: list[str] | None = None
    """Sources that differ by replicate, under derived seeds; None under others."""
    absent: list[str] = field(default_factory=list)
    """Sources of randomness that the configuration does not have."""
    predicted: dict[str, Predicted] = field(default_factory=dict)
    """Axis to what was predicted of it."""

    @cached_property
    def key(self) -> str:
        """16 hexadecimal digits that name its file.

        They depend on the id and on what tells configurations of one id apart in a sweep: how they
        are named, compared and claimed about. All else follows from the content.
        """
        told_apart = [self.id, self.overrides, asdict(self.compare), self.claims]
        text = json.dumps(told_apart, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class RunRecord:
    """Everything known of one run. Missing is None or empty, never 0."""

    configuration: ConfigurationRecord
    """In the run's file only its id and its key are written."""
    job: int
    replicate: int
    replay_of: int | None
    """The job that this run repeats, or None."""
    status: Literal["ok", "failed"]
    error: str | None = None
    """A first line that says why the run failed; what a process that died wrote last follows."""
    retried: list[str] = field(default_factory=list)
    """Why earlier attempts at this run failed, first lines, where retries were asked for."""
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
    collapse: list[Reason | None] = field(default_factory=list)
    """One a build: where and why the outputs stopped depending on the input; None: they do not."""
    environment: dict[str, Any] = field(default_factory=dict)
    """Versions, threads and flags in force."""
    wall_s: float | None = None
    peak_rss_bytes: int | None = None
    hash_seed: int | None = None
    """PYTHONHASHSEED of the interpreter; None when it was not set and so cannot be known."""
    signal: str | None = None
    """Name of the signal that ended its process, such as SIGKILL; None: it ended otherwise."""


@dataclass(frozen=True)
class RunArrays:
    """The arrays of a successful run."""

    outputs: npt.NDArray[np.generic]
    """(build, call, input, unit), in the model's own type (bfloat16 as float32, exactly)."""
    inputs: npt.NDArray[np.uint64]
    """(input,): equal numbers for bitwise equal probe inputs."""
    targets: npt.NDArray[np.generic] | None = None
    """(input,): the probe's class labels; None when the targets are no class labels."""
