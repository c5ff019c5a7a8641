"""Whose code a config may name: what needs no trust, and what the person running it trusts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from runner.errors import ConfigError

OPTION = "--trust"
VARIABLE = "RUNNER_TRUST"
"""Environment variable with the trusted names, separated by commas: what OPTION says, for
children. A config can never set it."""

KINDS = (
    "activations", "constraints", "initializers", "layers", "losses", "metrics", "optimizers",
    "optimizers.schedules", "regularizers",
)  # fmt: skip
"""Modules of Keras whose objects compute and do nothing else."""

MODELS = ("Input", "Model", "Sequential")

OWN = {
    "runner.augment.add_noise": "runner.data.augment.add_noise",
    "runner.data.digits": "runner.data.array_sources.digits",
    "runner.data.npy": "runner.data.array_sources.npy",
    "runner.data.npz": "runner.data.array_sources.npz",
    "runner.data.tiny": "runner.data.array_sources.tiny",
    "runner.datasets.keras_dataset": "runner.data.tensorflow_sources.keras_dataset",
    "runner.datasets.tfds": "runner.data.tensorflow_sources.tfds",
    "runner.datasets.tfrecord": "runner.data.tensorflow_sources.tfrecord",
    "runner.tables.csv": "runner.data.table_sources.csv",
    "runner.tables.parquet": "runner.data.table_sources.parquet",
}
"""Our functions for configs: the name that a config uses, which is part of configuration ids and so
never changes, to where the function is defined."""

REFUSED = frozenset(
    {
        # run code, or a stored graph, that their arguments hold or name
        "FlaxLayer", "JaxLayer", "Lambda", "TFSMLayer", "TorchModuleWrapper",
        # make any object that a description names
        "deserialize", "deserialize_keras_object", "from_config", "func_load", "get",
        "load_model", "load_weights", "model_from_json",
        # reach the network or write files
        "get_file", "save", "save_model", "save_weights", "serialize",
    }
)  # fmt: skip
"""Names in Keras that trust in all of Keras does not include: each must be trusted by itself."""

REFUSED_PARTS = frozenset({"export", "legacy", "saving"})
"""Modules and methods of Keras of which the same is true."""

LOADERS = frozenset({"numpy.load", "pandas.read_pickle"})
"""The same elsewhere: a pickle runs what it holds."""

PRELOADED = ("keras", "numpy", "pandas", "runner", "scipy", "sklearn", "tensorflow")
"""Packages that may be imported before a run."""


def trusted() -> frozenset[str]:
    """What the person running this trusts: packages, dotted names, programs and directories."""
    names = (name.strip() for name in os.environ.get(VARIABLE, "").split(","))
    return frozenset(name for name in names if name)


def take_option(arguments: Sequence[str]) -> list[str]:
    """Take `--trust NAME` and `--trust=NAME` out of a command line, into the environment.

    There children find it, too, which are our own processes.

    Args:
        arguments: of the command, without the program.

    Returns:
        The others, in their order.

    Raises:
        ConfigError: no name follows.
    """
    left: list[str] = []
    named: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        option, given, value = argument.partition("=")
        if option != OPTION:
            left.append(argument)
            continue
        names = [name.strip() for name in (value if given else next(rest, "")).split(",")]
        if not all(names) or names[0].startswith("-"):
            raise ConfigError(OPTION, "must name a package, as --trust my_package")
        named += names
    if named:
        os.environ[VARIABLE] = ",".join(sorted({*trusted(), *named}))
    return left


def is_trusted(name: str) -> bool:
    """Whether the person running this trusts a dotted name, or what it is part of."""
    names = trusted()
    if name in names:
        return True
    parts = name.split(".")
    if name in LOADERS or (
        parts[0] == "keras" and (parts[-1] in REFUSED or not REFUSED_PARTS.isdisjoint(parts))
    ):
        return False
    return any(".".join(parts[:count]) in names for count in range(1, len(parts)))


def needs_no_trust(name: str) -> bool:
    """Whether any config may name it: it can compute, and do nothing else to this machine."""
    if name.startswith("tensorflow.keras."):
        name = name.removeprefix("tensorflow.")
    module, _, own = name.rpartition(".")
    if own.startswith("_") or not own.isidentifier() or own in REFUSED:
        return False
    if module in ("keras", "keras.models"):
        return own in MODELS
    return name in OWN or (module.startswith("keras.") and module.removeprefix("keras.") in KINDS)


def check_target(key: str, name: str) -> None:
    """Refuse code of somebody who is not trusted, by its name.

    Args:
        key: of the config, which the message names.
        name: dotted, as the config has it.

    Raises:
        ConfigError: the name needs trust that it does not have.
    """
    if needs_no_trust(name) or is_trusted(name):
        return
    package = name.partition(".")[0]
    if package in ("keras", "runner") or name in LOADERS:
        rule = "is not among the names that a config may use without trust"
        raise ConfigError(key, rule, name, ask_trust(name))
    raise ConfigError(key, f"package {package} is not trusted", name, ask_trust(package))


def check_module(key: str, name: str) -> None:
    """Refuse to import a module of somebody who is not trusted.

    Raises:
        ConfigError: its package needs trust that it does not have.
    """
    package = name.partition(".")[0]
    own = package in PRELOADED and not any(part.startswith("_") for part in name.split("."))
    if own or is_trusted(name):
        return
    raise ConfigError(key, f"package {package} is not trusted", name, ask_trust(package))


def check_program(key: str, program: str) -> None:
    """Refuse to start a program that is not trusted by the name that the config gives it.

    A file of the current directory comes before the program of that name that the system has, so
    it must be named as the file that it is.

    Raises:
        ConfigError: it needs trust that it does not have.
    """
    # As the task does, which gives a file of the directory where it started as its whole path.
    name = os.path.join(".", program) if Path(program).name == program else program
    found = name if Path(name).is_file() else program
    if found not in trusted():
        rule = f"program {found} is not trusted"
        raise ConfigError(key, rule, program, ask_trust(found, "it to run anything here"))


def ask_trust(name: str, what: str = "this code to run here") -> str:
    """The sentence that says how to trust something."""
    return f"Run with {OPTION} {name} if you trust {what}"
