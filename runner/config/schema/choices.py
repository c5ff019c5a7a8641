"""Names that keys of a config may have as their values, and constants of the schema."""

from __future__ import annotations

from enum import Enum

from runner.numeric.verdicts import MEASURED, Verdict

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


AXES = ("build", "call", "input", "unit")
"""Axes of the outputs of a run, outermost first."""


ALL = "all"
"""Stands for all items where a list of names is expected."""


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
    """Kinds of tasks: the declared Keras model, a Python function, a program or a script."""

    keras = "keras"
    function = "function"
    command = "command"
    script = "script"


class Remedy(Enum):
    """What can be changed of a script from outside, so that its runs repeat."""

    fix_seeds = "fix_seeds"
    """Each seed that the script sets is replaced by one number."""
    fill_seeds = "fill_seeds"
    """Generators that are made without a seed get one."""
    sort_listings = "sort_listings"
    sort_sets = "sort_sets"
    in_order = "in_order"
    """Results of threads, processes and parallel maps come in the order they were asked for."""


class Listing(Enum):
    """Orders in which a script gets the names in a directory."""

    system = "system"
    shuffled = "shuffled"


class Trace(Enum):
    """Levels of detail at which training is fingerprinted.

    `epochs` takes a fingerprint of the data that reaches training in each epoch. `steps` also takes
    one of the weights after each training step or, if `steps_per_execution` is not 1, after the
    last step of each execution.
    """

    epochs = "epochs"
    steps = "steps"


class StopAt(Enum):
    """Points at which a run is ended early: never, or where it parts from its reference.

    The reference of a run is another one with the same seeds, which runs to its end.
    """

    never = "never"
    divergence = "divergence"


class Held(Enum):
    """Parts on which training is validated after each epoch.

    `split` holds random rows of the training part out, `last` the end of it, in the order in which
    the split of the data leaves it, as Keras's own validation_split does. `test` is the test part
    itself, and `source` are rows of their own.
    """

    none = "none"
    split = "split"
    last = "last"
    test = "test"
    source = "source"


class Feed(Enum):
    """Ways in which rows reach training: the declared pipeline, or what Keras makes of arrays."""

    pipeline = "pipeline"
    keras = "keras"


class Checkpoint(Enum):
    """What keeps a training that is interrupted, and from which it goes on.

    `backup` is Keras's BackupAndRestore. `model` is `model.save`, which `load_model` reads: weights
    and the state of the optimizer. `weights` is `save_weights`, which `load_weights` reads.
    """

    backup = "backup"
    model = "model"
    weights = "weights"


class Reported(Enum):
    """Evaluations whose metrics are reported: the one of the final weights, or the best one."""

    final = "final"
    best = "best"


class Evaluated(Enum):
    """Parts on which metrics are measured."""

    test = "test"
    validation = "validation"


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
    random_ulp = "random_ulp"
    """Another weight in each run, moved up or down; derived or random seeds say which."""
