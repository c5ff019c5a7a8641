"""Schema of a config: type, default, range and a line of help for each field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING as MISSING_DEFAULT
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from runner.numeric.verdicts import MEASURED, Verdict

HERE = Path(__file__).parents[1]
"""Directory of the package `runner`."""

CONF = HERE / "conf" if (HERE / "conf").is_dir() else HERE.parent / "conf"
"""Directory of the shipped configs: inside an installed package, or beside it in a checkout."""

SOURCES = ("data", "split", "init", "order", "augment", "dropout")
"""Sources of randomness that have seeds. `implementation` is a source too, but has no seed."""

STAGES = ("cache", "shuffle", "augment", "batch", "prefetch")
"""Stages that an input pipeline may have, each once."""

STATES = tuple(map(str, MEASURED))
"""Results of comparing two outputs, as a claim may name them."""

VERDICTS = tuple(map(str, Verdict))
"""Verdicts on a configuration, as a claim may name them."""

MAX_SEED = 2**32 - 1
"""Largest seed that numpy.random.seed accepts."""


class Strategy(Enum):
    """Strategies by which a run gets its seeds; a config gives the name of a member."""

    unset = "unset"
    fixed = "fixed"
    random = "random"
    derived = "derived"


class Scope(Enum):
    """Times at which the global generators are seeded: once, before each build, or before calls."""

    process = "process"
    build = "build"
    call = "call"


class Generator(Enum):
    """A global generator of the process."""

    python = "python"
    numpy = "numpy"
    tensorflow = "tensorflow"


class Isolation(Enum):
    """Ways in which each run gets a process of its own."""

    auto = "auto"
    fork = "fork"
    spawn = "spawn"


class Device(Enum):
    """Devices on which a run can compute; `auto` leaves the choice to TensorFlow."""

    auto = "auto"
    cpu = "cpu"
    gpu = "gpu"


class Kind(Enum):
    """Kinds of tasks: the declared Keras model, a Python function or a program."""

    keras = "keras"
    function = "function"
    command = "command"


class Trace(Enum):
    """Levels of detail at which training is fingerprinted.

    `epochs` takes a fingerprint of the data that reaches training in each epoch. `steps` also takes
    one of the weights after each training step or, if `steps_per_execution` is not 1, after the
    last step of each execution.
    """

    epochs = "epochs"
    steps = "steps"


class SplitBy(Enum):
    """What decides which rows are held out for testing.

    `random` draws them. `stratify` draws from each class its share. `group` draws groups, whose
    rows stay together. `time` takes the last rows, in the order of the source.
    """

    random = "random"
    stratify = "stratify"
    group = "group"
    time = "time"


class Perturb(Enum):
    """Changes to the initial weights, made to see how far their effect spreads."""

    none = "none"
    one_ulp = "one_ulp"


def option(
    default: Any,
    text: str,
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    later: bool = False,
) -> Any:
    """Return a dataclass field with its help and its range.

    Args:
        default: the default value; a list, a mapping or a class is made anew for each instance.
        text: the line of help.
        ge: smallest value allowed.
        gt: value that must be exceeded.
        le: largest value allowed.
        lt: value that must not be reached.
        later: whether the field was added when configurations had ids already. At its default it
            is left out of an id, so that no id changes; the default must never change.
    """
    metadata = {"help": text, "ge": ge, "gt": gt, "le": le, "lt": lt, "later": later}
    if isinstance(default, list | dict):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    if isinstance(default, type):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


AXES = ("build", "call", "input", "unit")
"""Axes of the outputs of a run, outermost first."""


@dataclass
class Task:
    """Settings of the task that a run executes: the declared model, or code of the user."""

    kind: Kind = option(Kind.keras, "keras (the declared model), function or command")
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


@dataclass
class Split:
    """Settings of the split of rows into a training part and a test part."""

    rows: int | None = option(None, "rows before the split, for lint; null: not known", ge=2)
    test_fraction: float = option(0.2, "share of the rows held out for the metrics", gt=0, lt=1)
    seed: int | None = option(
        0, "null: drawn anew by each run from NumPy's global generator", ge=0, le=MAX_SEED
    )
    by: SplitBy = option(
        SplitBy.random,
        "random, stratify (classes keep their shares), group (none is in both parts) or time"
        " (the last rows)",
        later=True,
    )
    group: str | None = option(
        None,
        "group: column or array with each row's group; null: your source returns (x, y, group)",
        later=True,
    )
    folds: int | None = option(
        None, "cross-validation: equal parts, of which one is held out", ge=2, later=True
    )
    fold: int = option(0, "which of the folds is held out; sweep over it", ge=0, later=True)

    def count_held(self, items: int) -> int:
        """Return how many of `items` rows or groups (at least 2) are held out.

        At least one is, and not all are.
        """
        if self.folds is not None:
            return items // self.folds + (self.fold < items % self.folds)
        return min(max(round(items * self.test_fraction), 1), items - 1)

    def count_parts(self, rows: int) -> tuple[int, int] | None:
        """Return how many of `rows` rows are for training and for testing.

        None where that depends on what the rows hold.
        """
        if self.by is SplitBy.group or (self.by is SplitBy.stratify and self.folds is not None):
            return None
        held = self.count_held(rows)
        return rows - held, held


@dataclass
class Resample:
    """Settings of what is drawn of the training part after the split."""

    bootstrap: bool = option(
        False, "train on as many rows, drawn from the training part with repetition", later=True
    )
    seed: int | None = option(
        0,
        "of bootstrap, imbalance and label_noise; null: NumPy's global generator; with derived"
        " seeds they follow the source split",
        ge=0,
        le=MAX_SEED,
        later=True,
    )


@dataclass
class Data:
    """Settings of the source of the rows."""

    source: Any = option(MISSING, "_target_: callable that returns (x, y), or (x, y), (x, y)")
    units: int = option(MISSING, "output units of a model for this data", ge=1)
    rows: int | None = option(
        None, "rows of the training part, for lint; null: from split.rows", ge=1
    )
    split: Split = option(Split, "used when the source returns one part only")
    imbalance: Any = option(
        None, "{CLASS: SHARE}: train on this share of a class's rows only", later=True
    )
    label_noise: float = option(
        0.0, "share of the training rows that get another class", ge=0, le=1, later=True
    )
    resample: Resample = option(Resample, "what is drawn of the training part after the split")
    preload: list[str] = option([], "modules imported once, before runs are forked")

    @property
    def is_resampled(self) -> bool:
        """Whether anything is drawn of the training part after the split."""
        return self.resample.bootstrap or self.label_noise > 0 or bool(self.imbalance)


@dataclass
class Shuffle:
    """The shuffle stage of the input pipeline."""

    enabled: bool = option(True, "false: the stage is left out")
    buffer: int | None = option(None, "rows held at a time; null: all", ge=1)
    seed: int | None = option(
        None, "the stage's own seed; null: from the strategy", ge=0, le=MAX_SEED
    )
    reshuffle: bool = option(True, "another order in each epoch")


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
class Augment:
    """The augment stage of the input pipeline."""

    function: Any = option(None, "_target_: Keras layer or callable, one row's x in, x out")
    parallel_calls: int = option(1, "rows augmented at a time", ge=1)
    deterministic: bool = option(True, "false: rows may change places to save time")


@dataclass
class Train:
    """Settings of training."""

    optimizer: Any = option("adam", "name or _target_")
    loss: Any = option("sparse_categorical_crossentropy", "name or _target_")
    metrics: list[Any] = option(["accuracy"], "names or _target_s, measured on the test part")
    epochs: int = option(5, "passes over the training part; 0: untrained", ge=0)
    batch_size: int = option(32, "rows a step", ge=1)
    drop_remainder: bool = option(False, "leave out a last, smaller batch")
    pipeline: list[str] = option(
        ["cache", "shuffle", "batch", "prefetch"], f"stages in order, out of {', '.join(STAGES)}"
    )
    augment: Augment = option(Augment, "used when the pipeline has the stage")
    prefetch: int = option(2, "batches prepared ahead", ge=1)
    steps_per_execution: int = option(1, "steps a call of the compiled step, as in Keras", ge=1)


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


@dataclass
class Probe:
    """The fixed inputs on which outputs are recorded."""

    inputs: int = option(64, "rows of the test part, from its start", ge=1)
    training: bool = option(False, "call the model with training=True: dropout stays active")


@dataclass
class Compare:
    """Tolerances within which two outputs count as equal up to rounding."""

    rtol: float = option(1e-5, "relative tolerance", ge=0)
    atol: float = option(1e-8, "absolute tolerance", ge=0)
    confidence: float = option(0.95, "of all intervals and bounds", gt=0, lt=1)


CHECKS = (
    "verdict", "across_inputs", "across_calls", "across_builds", "across_runs", "replay",
    "mean", "sd_at_most", "digest",
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
    metric: str | None = option(None, "the metric that mean or sd_at_most is about")
    mean: float | None = option(None, "the metric's mean over runs, give or take `within`")
    within: float | None = option(None, "how far from `mean` the claim still holds", ge=0)
    sd_at_most: float | None = option(None, "the metric's SD over runs (ddof=1)", ge=0)
    digest: str | None = option(None, "of the outputs of every run, as in runs.csv")


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
        Perturb.none, "none, or one_ulp: change one initial weight to the next float"
    )
    claims: list[Any] = option([], "what somebody says of this configuration, to be checked")
    ignore: dict[str, str] = option(
        {}, "findings of the results that you expect: code to the reason, such as OBS101: known"
    )
    trace: Trace = option(
        Trace.epochs, "epochs, or steps: also the weights after each training step (slower)"
    )
    replicates: int = option(5, "runs of each configuration (with -m)", ge=1)
    replays: int = option(1, "runs repeated with their recorded seeds (with -m)", ge=0)
    builds: int = option(2, "times the model is built and trained inside a run", ge=1)
    calls: int = option(2, "times a built model is called on the probe", ge=1)
    workers: int | None = option(None, "runs at the same time; null: one a core", ge=1)
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


SWEEP_KEYS = (
    "replicates", "replays", "workers", "isolation", "timeout_s", "compare", "claims", "ignore",
    "trace", "dry_run", "memory_limit_bytes", "retries", "resume", "accept_change",
)  # fmt: skip
"""Keys that set how often and where a configuration runs and how it is judged.

They are not part of its id.
"""

RUN_KEYS = ("replicate", "replay_of")
"""Keys whose values tell the runs of one configuration apart; only a sweep sets them."""


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
