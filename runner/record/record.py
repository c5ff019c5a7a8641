"""The records of a configuration and of each of its runs, and the names of their files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from runner.record.reasons import Clause, Reason
from runner.record.timeline import Timeline

RECORD = "record.json"
OUTPUTS = "outputs.npz"
LOG = "run.log"
CONFIGURATIONS = "configurations"
"""Directory of the configurations' records, inside that of a sweep or of a single run."""
MULTIRUN = "multirun.yaml"
"""Hydra's file with a sweep's config. It marks a sweep, inside which job numbers are unique."""
NAMES = "outputs/names"
"""Name of the stage that digests the names of the output columns, where they have names."""
FORMAT = 3
"""Number of the record format, raised when a reader of the older format would misread a record.

A field that is added with a default needs no new format: records without it are read, and readers
that do not know it ignore it.
"""


@dataclass(frozen=True)
class Comparing:
    """How the outputs of a configuration are compared."""

    rtol: float = 1e-5
    """Relative tolerance."""
    atol: float = 1e-8
    """Absolute tolerance."""
    confidence: float = 0.95
    """Confidence level of all intervals and bounds, in (0, 1)."""


@dataclass(frozen=True)
class Rounds:
    """How far a configuration may go whose number of runs is decided round by round."""

    same_replicates: int
    """Runs that must agree before no more are made."""
    max_replicates: int
    """Most runs, without replays."""
    replays: int = 0
    """Most runs that are repeated with their recorded seeds."""
    budget_runs: int | None = None
    """Most runs of the whole sweep, replays included; None: any number."""
    budget_hours: float | None = None
    """Hours that all runs of the sweep may take, added up; None: any number."""


@dataclass(frozen=True)
class Predicted:
    """The prediction for an axis, made before the run."""

    state: str
    """The predicted state: same, differs or unknown."""
    reason: str
    """A short clause that says why."""


@dataclass(frozen=True)
class ConfigurationRecord:
    """The facts that all runs of a configuration share, written once.

    A missing value is None or empty, never 0.
    """

    id: str
    """A digest of the configuration's content."""
    overrides: dict[str, str] = field(default_factory=dict)
    """The command line's overrides for the configuration, key to value."""
    strategy: str = "unset"
    """Name of the seed strategy."""
    compare: Comparing = field(default_factory=Comparing)
    claims: list[dict[str, Any]] = field(default_factory=list)
    """Claims about the configuration, each with the fields that it sets."""
    vary: list[str] | None = None
    """Sources that differ by replicate, under derived seeds; None under other strategies."""
    absent: list[str] = field(default_factory=list)
    """Sources of randomness that the configuration does not have."""
    predicted: dict[str, Predicted] = field(default_factory=dict)
    """Axis to its prediction."""
    scope: str = ""
    """When the global generators are seeded, as in `seed.scope`; empty: not known."""
    preload: list[str] = field(default_factory=list)
    """Modules of the user's that a warm parent imports before runs are forked."""
    drawn: dict[str, list[str]] = field(default_factory=dict)
    """Axis (runs or builds) to the sources that are drawn anew along it, unless code of the user's
    seeds them; and `unknown` to those of which nobody can tell. Empty: not known."""
    ignore: dict[str, str] = field(default_factory=dict)
    """Code of each finding that the configuration expects, to the reason why."""
    rounds: Rounds | None = None
    """How far it may go with `replicates=auto`; None: its number of runs was fixed before."""

    @cached_property
    def key(self) -> str:
        """Sixteen hexadecimal digits that name the configuration's file.

        They depend on the id and on what can differ between the configurations of one id in a
        sweep: overrides, comparison, claims and ignored findings. All else follows from the
        content.
        """
        told_apart: list[Any] = [self.id, self.overrides, asdict(self.compare), self.claims]
        if self.ignore:
            told_apart.append(self.ignore)
        text = json.dumps(told_apart, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class OutputPart:
    """One of several outputs of a model, whose units stand beside each other in `RunArrays`."""

    name: str
    """Its name, such as `class`, or its number where it has none."""
    units: int
    """Number of its units."""


@dataclass(frozen=True)
class RunRecord:
    """Everything known of one run; a missing value is None or empty, never 0."""

    configuration: ConfigurationRecord
    """The run's configuration; the run's own file holds only its id and key."""
    job: int
    """Number of the run, unique inside its sweep."""
    replicate: int
    """Index of the replicate, from 0; a replay with a drawn seed has an index of its own."""
    replay_of: int | None
    """The job that this run repeats; None: it is no replay."""
    status: Literal["ok", "failed", "ended"]
    """An ended run had parted from one with the same seeds, and has no outputs."""
    error: str | None = None
    """Why the run failed, on the first line; the last output of a process that died follows."""
    retried: list[str] = field(default_factory=list)
    """The first line of each earlier attempt's error, where retries were asked for."""
    seeds: dict[str, int] = field(default_factory=dict)
    """Seeds used: `value` for the global generators, or one for each source. Empty: nothing was
    seeded."""
    metrics: list[dict[str, float]] = field(default_factory=list)
    """Metrics on the test part, one dictionary for each build."""
    fingerprints: list[dict[str, str]] = field(default_factory=list)
    """Stage to digest, in causal order, one dictionary for each build."""
    digest: str | None = None
    """A digest of the shape, type and bits of the outputs."""
    outputs_sha256: str | None = None
    """Checksum of outputs.npz."""
    collapse: list[Reason | None] = field(default_factory=list)
    """For each build, where and why the outputs stopped depending on the input, or are not finite;
    None: neither was found."""
    environment: dict[str, Any] = field(default_factory=dict)
    """Versions, threads and flags in force."""
    wall_s: float | None = None
    """Duration of the run in seconds."""
    peak_rss_bytes: int | None = None
    """Peak resident memory of the run's process."""
    hash_seed: int | None = None
    """PYTHONHASHSEED of the interpreter; None when it was not set and so cannot be known."""
    signal: str | None = None
    """Name of the signal that ended the run's process, such as SIGKILL; None: none did."""
    warm_parent: int | None = None
    """Process id of the warm parent that the run was forked from; None: the run had an interpreter
    of its own, or it is not known."""
    host: str | None = None
    """Host name of the machine; None: not known."""
    boot: str | None = None
    """What the machine drew when it was started, which its containers share; None: not known."""
    visible_devices: str | None = None
    """CUDA_VISIBLE_DEVICES of the run's process, by which it is given a GPU; None: it was not
    set."""
    facts: list[Clause] = field(default_factory=list)
    """Measurements of the run's data and surroundings that rules for findings judge."""
    build_facts: list[list[Clause]] = field(default_factory=list)
    """The same of the model of each build; empty where the task measures none."""
    history: list[dict[str, list[float]]] = field(default_factory=list)
    """For each build, what Keras logged: a name, such as `loss` or `val_loss`, to its values by
    epoch. `epoch` has the epochs' numbers, from 0. Empty where nothing was logged."""
    output_parts: list[OutputPart] = field(default_factory=list)
    """The outputs of a model that has several, in the order of their units; empty for one."""
    timelines: list[Timeline] = field(default_factory=list)
    """For each build, what was seen of a script; empty for other tasks."""
    resume_of: int | None = None
    """The job that this run repeats with an interruption; None: it was not interrupted. What it
    measured is of its first build only, and of its last part: from `resume_at` on."""
    resume_at: int | None = None
    """The epoch with which it went on; None: it was not interrupted."""
    ended_at: str | None = None
    """The stage at which an ended run had parted from its reference; None: it was made whole. Its
    last fingerprints are of this stage."""


@dataclass(frozen=True)
class RunArrays:
    """The arrays of a successful run."""

    outputs: npt.NDArray[np.generic]
    """Outputs (build, call, input, unit) in the model's own type; bfloat16 as float32, exactly."""
    inputs: npt.NDArray[np.uint64]
    """Ids (input,) that are equal for bitwise equal probe inputs."""
    targets: npt.NDArray[np.generic] | None = None
    """Class labels (input,) of the probe; None when the targets are no class labels."""
