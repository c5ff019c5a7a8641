"""Decides which code a config may name: what needs no trust, and what the user trusts."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.errors import ConfigError
from runner.trust.callback_table import is_free_callback

OPTION = "--trust"
"""Option of the command line that gives trust to a name."""

VARIABLE = "RUNNER_TRUST"
"""Environment variable that passes the trusted names, separated by commas, to child processes.

A config can never set it.
"""

KERAS_MODULES = (
    "activations", "constraints", "initializers", "layers", "losses", "metrics", "optimizers",
    "optimizers.schedules", "regularizers",
)  # fmt: skip
"""Modules of Keras whose objects need no trust, as they compute and do nothing else."""

KERAS_NAMES = ("Input", "Model", "Sequential")
"""Names in `keras` and `keras.models` that need no trust."""

APPLICATIONS = "keras.applications."
"""How the names of the models that come with Keras begin."""

CONFIG_FUNCTIONS = {
    "runner.augment.add_noise": "runner.data.augment.add_noise",
    "runner.data.digits": "runner.data.array_sources.digits",
    "runner.data.hdf5": "runner.data.hdf5_source.hdf5",
    "runner.data.npy": "runner.data.array_sources.npy",
    "runner.data.npz": "runner.data.array_sources.npz",
    "runner.data.series": "runner.data.published.series_files.series",
    "runner.data.tiny": "runner.data.array_sources.tiny",
    "runner.datasets.images": "runner.data.folder_sources.images",
    "runner.datasets.keras_dataset": "runner.data.streamed.tensorflow_sources.keras_dataset",
    "runner.datasets.texts": "runner.data.folder_sources.texts",
    "runner.datasets.tfds": "runner.data.streamed.tensorflow_sources.tfds",
    "runner.datasets.tfrecord": "runner.data.streamed.tensorflow_sources.tfrecord",
    "runner.models.graph": "runner.tasks.keras.models.functional_graph.graph",
    "runner.models.load": "runner.tasks.keras.models.stored_model.load",
    "runner.models.with_weights": "runner.tasks.keras.models.stored_weights.with_weights",
    "runner.papers.mnist1d": "runner.data.published.published_sets.mnist1d",
    "runner.papers.ucr": "runner.data.published.published_sets.ucr",
    "runner.tables.csv": "runner.data.table_sources.csv",
    "runner.tables.feather": "runner.data.table_sources.feather",
    "runner.tables.parquet": "runner.data.table_sources.parquet",
    "runner.tables.windows": "runner.data.window_source.windows",
}
"""Name that a config uses for each of our functions, to the name under which it is defined.

The former is a part of configuration ids and never changes.
"""

REFUSED = frozenset(
    {
        # These run code, or a stored graph, that their arguments hold or name.
        "FlaxLayer", "JaxLayer", "Lambda", "LambdaCallback", "TFSMLayer", "TorchModuleWrapper",
        # These make any object that a description names.
        "deserialize", "deserialize_keras_object", "from_config", "func_load", "get",
        "load_model", "load_weights", "model_from_json",
        # These reach the network or write files.
        "OrbaxCheckpoint", "RemoteMonitor", "get_file", "save", "save_model", "save_weights",
        "serialize",
    }
)  # fmt: skip
"""Names in Keras that stay untrusted when `keras` is trusted; each needs trust of its own."""

REFUSED_PARTS = frozenset({"export", "legacy", "saving"})
"""Modules and methods of Keras whose content stays untrusted when `keras` is trusted."""

PICKLE_LOADERS = frozenset({"numpy.load", "pandas.read_pickle"})
"""Functions that stay untrusted when their package is trusted, as a pickle can run any code."""

PRELOADED = ("keras", "numpy", "pandas", "runner", "scipy", "sklearn", "tensorflow")
"""Packages that a config may import before a run without trust."""


def trusted() -> frozenset[str]:
    """Return what the user trusts: packages, dotted names, programs and directories."""
    names = (name.strip() for name in os.environ.get(VARIABLE, "").split(","))
    return frozenset(name for name in names if name)


def take_option(arguments: Sequence[str]) -> list[str]:
    """Move `--trust NAME` and `--trust=NAME` from a command line into the environment.

    The environment passes the trusted names on to child processes.

    Args:
        arguments: the command line, without the program.

    Returns:
        The remaining arguments, in order.

    Raises:
        ConfigError: no name follows the option.
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
    """Return whether the user trusts a dotted name, or a package or module that holds it.

    Pickle loaders and the refused names of Keras must be trusted themselves.
    """
    names = trusted()
    if name in names:
        return True
    parts = name.split(".")
    if name in PICKLE_LOADERS or (
        parts[0] == "keras" and (parts[-1] in REFUSED or not REFUSED_PARTS.isdisjoint(parts))
    ):
        return False
    return any(".".join(parts[:count]) in names for count in range(1, len(parts)))


def needs_no_trust(name: str) -> bool:
    """Return whether any config may use a dotted name, as it can only compute or read data."""
    if name.startswith("tensorflow.keras."):
        name = name.removeprefix("tensorflow.")
    module, _, own = name.rpartition(".")
    if own.startswith("_") or not own.isidentifier() or own in REFUSED:
        return False
    if module in ("keras", "keras.models"):
        return own in KERAS_NAMES
    return name in CONFIG_FUNCTIONS or (
        module.startswith("keras.") and module.removeprefix("keras.") in KERAS_MODULES
    )


def is_application(name: str) -> bool:
    """Return whether a dotted name is a model of `keras.applications`.

    A config may use it without trust if it asks for no weights, which would be downloaded or read.
    """
    own = name.removeprefix("tensorflow.").removeprefix(APPLICATIONS)
    return own != name and own.isidentifier() and own[0].isupper()


def check_application(key: str, node: Mapping[Any, Any]) -> None:
    """Refuse a model of `keras.applications` with weights, unless it is trusted.

    Args:
        key: key of the config that holds the model.
        node: the node there, with a `_target_`.

    Raises:
        ConfigError: the node has weights other than null, or does not say that it has none.
    """
    name = str(node.get("_target_"))
    if not is_application(name) or is_trusted(name):
        return
    rule = "must be null, as any others are downloaded or read from a file"
    if "_args_" in node:
        raise ConfigError(f"{key}._args_", "must be keys instead", node["_args_"])
    if "weights" not in node:
        raise ConfigError(f"{key}.weights", rule, "nothing")
    if node["weights"] is not None:
        raise ConfigError(f"{key}.weights", rule, node["weights"], ask_trust(name, "it"))


def check_target(key: str, name: str) -> None:
    """Refuse the name of code that is not trusted, without importing it.

    Args:
        key: key of the config, for the message.
        name: dotted name, as written in the config.

    Raises:
        ConfigError: the name needs trust that it lacks.
    """
    free = needs_no_trust(name) or is_free_callback(key, name) or is_application(name)
    if free or is_trusted(name):
        return
    package = name.partition(".")[0]
    if package in ("keras", "runner") or name in PICKLE_LOADERS:
        rule = "is not among the names that a config may use without trust"
        raise ConfigError(key, rule, name, ask_trust(name))
    raise ConfigError(key, f"package {package} is not trusted", name, ask_trust(package))


def check_module(key: str, name: str) -> None:
    """Refuse to import a module that is not trusted.

    Raises:
        ConfigError: the module's package needs trust that it lacks.
    """
    package = name.partition(".")[0]
    own = package in PRELOADED and not any(part.startswith("_") for part in name.split("."))
    if own or is_trusted(name):
        return
    raise ConfigError(key, f"package {package} is not trusted", name, ask_trust(package))


def check_program(key: str, program: str) -> None:
    """Refuse to start a program that is not trusted.

    A file in the current directory takes precedence over a program of the system with the same
    name, and must be trusted as `./NAME`.

    Args:
        key: key of the config, for the message.
        program: name or path, as written in the config.

    Raises:
        ConfigError: the program needs trust that it lacks.
    """
    # The task looks for a program in the same order.
    name = os.path.join(".", program) if Path(program).name == program else program
    trust_name = name if Path(name).is_file() else program
    if trust_name not in trusted():
        rule = f"program {trust_name} is not trusted"
        raise ConfigError(key, rule, program, ask_trust(trust_name, "it to run anything here"))


def ask_trust(name: str, what: str = "this code to run here") -> str:
    """Return the part of a message that says how to trust `name`."""
    return f"Run with {OPTION} {name} if you trust {what}"
