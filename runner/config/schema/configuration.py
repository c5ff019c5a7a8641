"""The whole of a configuration, and the keys that are no part of its identity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING as MISSING_DEFAULT
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from runner.config.schema.choices import (
    AXES,
    MAX_SEED,
    SOURCES,
    STATES,
    VERDICTS,
    Device,
    Generator,
    Isolation,
    Kind,
    Listing,
    Perturb,
    Remedy,
    Scope,
    StopAt,
    Strategy,
    Trace,
)
from runner.config.schema.data_settings import Data
from runner.config.schema.field_option import option
from runner.config.schema.train_settings import Shuffle, Train

HERE = Path(__file__).parents[2]
"""Directory of the package `runner`."""


CONF = HERE / "conf" if (HERE / "conf").is_dir() else HERE.parent / "conf"
"""Directory of the shipped configs: inside an installed package, or beside it in a checkout."""


@dataclass
class Task:
    """Settings of the task that a run executes: the declared model, or code of the user."""

    kind: Kind = option(Kind.keras, "keras (the declared model), function, command or script")
    function: str | None = option(
        None, "function: dotted name of a callable that takes the config and the run's seeds"
    )
    command: list[str] = option([], "command: program and arguments; {seed} is the run's seed")
    environment: dict[str, str] = option({}, "command: environment variables")
    outputs: list[str] = option([], "command: files with its outputs (npy, npz, csv, json)")
    metrics: list[str] = option([], "command: files with its metrics (json, csv, npz)")
    axes: list[str] = option(
        ["input", "unit"], f"leading axes of your arrays, out of {', '.join(AXES)}"
    )
    params: dict[str, Any] = option({}, "function: whatever it wants to know")
    preload: list[str] = option([], "modules imported once, before runs are forked")
    script: str | None = option(
        None, "script: a Python file or a notebook, run as it is", later=True
    )
    module: bool = option(False, "script: run it as python -m runs a module", later=True)
    args: list[str] = option([], "script: its arguments; {seed} is the run's seed", later=True)
    listing: Listing = option(
        Listing.system, "script: order of the names in directories: system or shuffled", later=True
    )
    remedies: list[Remedy] = option(
        [],
        "script: changes from outside, out of fix_seeds, fill_seeds, sort_listings, sort_sets and"
        " in_order",
        later=True,
    )
    respect_seeds: bool = option(
        True, "script: false takes away the seeds that the script itself sets", later=True
    )


@dataclass
class Seed:
    """The seed strategy and its settings."""

    strategy: Strategy = option(Strategy.unset, "unset, fixed, random or derived")
    value: int | None = option(
        None, "fixed: the seed; derived: the root; random: drawn for you", ge=0, le=MAX_SEED
    )
    scope: Scope = option(
        Scope.process, "seed when the process starts, before each build, or only before calls"
    )
    generators: list[Generator] = option(
        [Generator.python, Generator.numpy, Generator.tensorflow], "global generators to seed"
    )
    vary: Any = option(
        "all", f"derived: sources that vary by replicate: all or a list of {', '.join(SOURCES)}"
    )
    paired: bool = option(True, "derived: a replicate's seeds are the same in each configuration")


@dataclass
class Runtime:
    """Settings of TensorFlow and the interpreter; null keeps the library's own default."""

    intra_op_threads: int | None = option(None, "threads inside one operation", ge=1)
    inter_op_threads: int | None = option(None, "operations at the same time", ge=1)
    onednn: bool | None = option(None, "oneDNN kernels (TF_ENABLE_ONEDNN_OPTS)")
    xla: bool | None = option(None, "compile training steps with XLA (jit_compile)")
    op_determinism: bool = option(False, "tf.config.experimental.enable_op_determinism")
    hash_seed: int | None = option(
        None, "PYTHONHASHSEED; null: another one for each warm parent", ge=0, le=MAX_SEED
    )
    device: Device = option(Device.auto, "auto, cpu or gpu")
    mixed_precision: str | None = option(
        None, "Keras's dtype policy, such as mixed_bfloat16", later=True
    )


@dataclass
class Probe:
    """The fixed inputs on which outputs are recorded."""

    inputs: int = option(64, "rows of the test part, from its start", ge=1)
    training: bool | None = option(
        False,
        "true: call the model with training=True, so that dropout stays active; null: as model(x)",
    )


@dataclass
class Compare:
    """Tolerances within which two outputs count as equal up to rounding."""

    rtol: float = option(1e-5, "relative tolerance", ge=0)
    atol: float = option(1e-8, "absolute tolerance", ge=0)
    confidence: float = option(0.95, "of all intervals and bounds", gt=0, lt=1)


@dataclass
class Budget:
    """What the runs of a sweep with `replicates=auto` may cost together."""

    runs: int | None = option(
        None, "auto: most runs of the sweep, replays included", ge=2, later=True
    )
    hours: float | None = option(
        None, "auto: hours that its runs may take, added up over all of them", gt=0, later=True
    )


PUBLISHED_CHECKS = ("compatible", "equivalent", "different")
"""Fields of a claim that compare a metric with a published result."""

CHECKS = (
    "verdict", "across_inputs", "across_calls", "across_builds", "across_runs", "replay",
    "mean", "sd_at_most", "digest", *PUBLISHED_CHECKS,
)  # fmt: skip
"""Fields of a claim that state something measurable; each claim has exactly one of them."""


@dataclass
class Claim:
    """A statement about what a configuration does, to be checked against the results."""

    text: str = option(MISSING, "the claim in plain words")
    source: str | None = option(None, "who claims it")
    verdict: str | None = option(None, f"one of {', '.join(VERDICTS)}")
    across_inputs: str | None = option(None, f"one of {', '.join(STATES)}")
    across_calls: str | None = option(None, f"one of {', '.join(STATES)}")
    across_builds: str | None = option(None, f"one of {', '.join(STATES)}")
    across_runs: str | None = option(None, f"one of {', '.join(STATES)}")
    replay: str | None = option(None, f"one of {', '.join(STATES)}")
    metric: str | None = option(None, "the metric that a number in the claim is about")
    evaluate: str | None = option(
        None, "final, or highest or lowest of the evaluations that train.evaluate.every asks for"
    )
    mean: float | None = option(None, "the metric's mean over runs, give or take `within`")
    within: float | None = option(None, "how far from `mean` the claim still holds", ge=0)
    sd_at_most: float | None = option(None, "the metric's SD over runs (ddof=1)", ge=0)
    digest: str | None = option(None, "of the outputs of every run, as in runs.csv")
    compatible: Any = option(
        None, "published mean, sd and n, values or range that runs could belong to"
    )
    equivalent: Any = option(None, "the same with the margin within which means count as equal")
    different: Any = option(None, "the same: the means are claimed to differ")
    cell: Any = option(None, "row and column of the published table, in which it is then shown")


@dataclass
class Config:
    """One configuration, with the settings by which a sweep repeats and judges it."""

    task: Task = option(Task, "what a run executes")
    model: Any = option(MISSING, "_target_: callable that returns a keras.Model")
    data: Data = option(Data, "where the rows come from")
    shuffle: Shuffle = option(Shuffle, "the shuffle stage")
    seed: Seed = option(Seed, "the seed strategy")
    train: Train = option(Train, "how the model is trained")
    runtime: Runtime = option(Runtime, "what TensorFlow runs under")
    probe: Probe = option(Probe, "inputs on which outputs are recorded")
    compare: Compare = option(Compare, "when outputs count as the same")
    perturb: Perturb = option(
        Perturb.none,
        "none, one_ulp: an initial weight moves to the next float, or random_ulp: one in each run",
    )
    claims: list[Any] = option([], "what somebody says of this configuration, to be checked")
    ignore: dict[str, str] = option(
        {}, "findings of the results that you expect: code to the reason, such as OBS101: known"
    )
    trace: Trace = option(
        Trace.epochs, "epochs, or steps: also the weights after each training step (slower)"
    )
    stop_at: StopAt = option(
        StopAt.never,
        "never, or divergence: a run ends where it parts from one with the same seeds (with -m)",
        later=True,
    )
    replicates: Any = option(
        5, "runs of each configuration (with -m); auto: as many as it takes, in rounds", ge=1
    )
    same_replicates: int = option(
        5, "auto: runs that must agree before it stops at the same", ge=5, later=True
    )
    max_replicates: int = option(30, "auto: most runs of a configuration", ge=5, later=True)
    budget: Budget = option(Budget, "auto: what all runs of the sweep may cost")
    replays: int = option(1, "runs repeated with their recorded seeds (with -m)", ge=0)
    resumes: list[int] = option(
        [],
        "epochs with which an interrupted training goes on in a fresh process (with -m)",
        later=True,
    )
    builds: int = option(2, "times the model is built and trained inside a run", ge=1)
    calls: int = option(2, "times a built model is called on the probe", ge=1)
    workers: int | None = option(
        None, "runs at the same time; null: one a core, or as many as the GPUs have room for", ge=1
    )
    runs_per_gpu: int | None = option(
        1, "runs at the same time on one GPU; null: every run sees all GPUs", ge=1, later=True
    )
    isolation: Isolation = option(
        Isolation.auto, "fork a warm parent, or spawn an interpreter, for each run"
    )
    timeout_s: float | None = option(None, "a run that takes longer is ended", gt=0)
    resume: str | None = option(None, "directory of a sweep of the same command line, to finish")
    accept_change: bool = option(False, "resume though config, code, versions or flags changed")
    dry_run: bool = option(False, "show findings and predictions, and run nothing")
    memory_limit_bytes: int | None = option(
        None, "a run that uses more resident memory is ended", gt=0
    )
    retries: int = option(0, "times a failed run is tried again; its failures are recorded", ge=0)
    replicate: int = option(0, "index of this repetition; the sweep sets it", ge=0)
    replay_of: int | None = option(None, "job that this run repeats; the sweep sets it", ge=0)
    resume_of: int | None = option(
        None, "job that this run repeats with an interruption; the sweep sets it", ge=0
    )
    resume_at: int | None = option(
        None, "epoch with which the interrupted run goes on; the sweep sets it", ge=0
    )
    reference: str | None = option(
        None,
        "directory of the run from which this one may part; the launcher sets it",
    )
    stops: bool = option(
        False, "train up to resume_at and leave a checkpoint; the launcher sets it"
    )


SWEEP_KEYS = (
    "replicates", "same_replicates", "max_replicates", "budget", "replays", "resumes", "workers",
    "runs_per_gpu", "isolation", "timeout_s", "compare", "claims", "ignore", "trace", "stop_at",
    "dry_run", "memory_limit_bytes", "retries", "resume", "accept_change",
)  # fmt: skip
"""Keys that set how often and where a configuration runs and how it is judged.

They are not part of its id.
"""


RUN_KEYS = ("replicate", "replay_of", "resume_of", "resume_at", "stops", "reference")
"""Keys whose values tell the runs of one configuration apart; only a sweep or its launcher sets
them."""


def register() -> None:
    """Register the schema with Hydra under the name `schema`, on which conf/config.yaml builds."""
    ConfigStore.instance().store(name="schema", node=Config, provider="runner")


def walk(node: type = Config, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted key, dataclass field) for each leaf of the schema."""
    for item in fields(node):
        kind = item.default_factory
        if isinstance(kind, type) and is_dataclass(kind):
            yield from walk(kind, f"{prefix}{item.name}.")
        else:
            yield prefix + item.name, item


@cache
def later_defaults() -> dict[str, Any]:
    """Return the dotted key of each field that was added later, to its default as plain values."""
    found = {}
    for key, item in walk():
        if item.metadata["later"]:
            factory = item.default_factory
            default = item.default if factory is MISSING_DEFAULT else factory()
            found[key] = default.name if isinstance(default, Enum) else default
    return found
