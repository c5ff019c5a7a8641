"""Somebody's own program: run in a fresh process, its results read from files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from runner.errors import ConfigError, RunFailed
from runner.record import LOG
from runner.schema import Config
from runner.seeds import Seeds
from runner.tasks.function import seeds_of_build
from runner.tasks.measured import Measured
from runner.tasks.returned import join_builds, read_returned

PLACEHOLDER = re.compile(r"\{([a-z][a-z_.]*)\}")
"""Such as {seed} or {seed.init}."""


def run_command(config: Config, seeds: Seeds, directory: Path, started_in: Path) -> Measured:
    """Run `task.command` once a build, each in a working directory of its own.

    Args:
        config: of the run.
        seeds: of the run.
        directory: of the run; `build0`, `build1`, ... are made in it.
        started_in: where the sweep was started: arguments that name a file there are given as its
            whole path.

    Raises:
        RunFailed: the program did not end with status 0.
        ConfigError: it cannot be started, or a declared file is missing or holds something else.
    """
    builds = []
    for build in range(config.builds):
        work = directory / f"build{build}"
        work.mkdir(parents=True)
        values = {"replicate": config.replicate, "build": build}
        values |= _named(seeds_of_build(config, seeds, build))
        arguments = [fill(each, values, started_in) for each in config.task.command]
        _run(arguments, work, config.task.environment, config.runtime.hash_seed, directory / LOG)
        builds.append(read_returned(_read(config, work), "task.outputs", config.task.axes, 1))
    return join_builds(builds, "task.outputs")


def fill(argument: str, values: Mapping[str, int], started_in: Path) -> str:
    """Put values in the place of `{seed}`, `{replicate}` and the like; see `run_command`.

    Raises:
        ConfigError: there is no such value.
    """

    def replace(found: re.Match[str]) -> str:
        if found.group(1) not in values:
            known = ", ".join(f"{{{name}}}" for name in values)
            rule = f"there is no such value here, only {known}"
            raise ConfigError("task.command", rule, found.group(0))
        return str(values[found.group(1)])

    filled = PLACEHOLDER.sub(replace, argument)
    path = started_in / filled
    return str(path) if path.is_file() and not Path(filled).is_absolute() else filled


def _named(seeds: Mapping[str, int]) -> dict[str, int]:
    """`seed` for one of all, `seed.init` and the like for one a source."""
    return {"seed" if name == "value" else f"seed.{name}": seed for name, seed in seeds.items()}


def _run(
    arguments: list[str],
    work: Path,
    declared: Mapping[str, str],
    hash_seed: int | None,
    log: Path,
) -> None:
    # `python` is the one that runs this, not whatever a PATH without its environment has.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path}
    # That of the process which starts it would be shared by all of its children.
    environment.pop("PYTHONHASHSEED", None)
    environment |= {} if hash_seed is None else {"PYTHONHASHSEED": str(hash_seed)}
    environment |= declared
    written = log.stat().st_size if log.is_file() else 0
    try:
        # Where this process writes, which is the run's log.
        done = subprocess.run(
            arguments, cwd=work, env=environment, stdin=subprocess.DEVNULL, check=False
        )
    except OSError as error:
        rule = f"cannot be started ({error.strerror})"
        raise ConfigError("task.command", rule, arguments[0]) from None
    if done.returncode != 0:
        raise RunFailed(f"the command {_ended(done.returncode)}{_last_line(log, written)}")


def _ended(status: int) -> str:
    return f"was ended by signal {-status}" if status < 0 else f"exited with status {status}"


def _last_line(log: Path, start: int) -> str:
    """What was written last, after the log's first `start` bytes."""
    if not log.is_file():
        return ""
    with log.open("rb") as file:
        file.seek(max(start, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f": {last}" if last else ""


def _read(config: Config, work: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in config.task.outputs:
        found |= _read_file("task.outputs", work / name, Path(name).stem)
    for name in config.task.metrics:
        numbers = _read_file("task.metrics", work / name, Path(name).stem)
        # A file of metrics often says more, such as a date.
        found |= {k: value for k, value in numbers.items() if isinstance(value, int | float)}
    return found


def _read_file(key: str, path: Path, stem: str) -> dict[str, Any]:
    """Name to array or number, from a .npy, .npz, .csv or .json file."""
    if not path.is_file():
        raise ConfigError(key, "the command did not write it", path.name)
    try:
        if path.suffix == ".npy":
            return {stem: np.load(path, allow_pickle=False)}
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        if path.suffix == ".json":
            content = json.loads(path.read_text("utf-8"))
            return _flat(content, "" if isinstance(content, dict) else stem)
        return _read_csv(key, path, stem)
    except (ValueError, OSError, EOFError) as error:
        raise ConfigError(key, f"cannot be read ({error})", path.name) from None


def _read_csv(key: str, path: Path, stem: str) -> dict[str, Any]:
    import pandas as pd

    frame = pd.read_csv(path).select_dtypes("number")
    if key == "task.metrics":  # a log of training: its last line is the result
        return {str(name): float(value) for name, value in frame.iloc[-1].items()}
    return {stem: frame.to_numpy()}


def _flat(value: Any, name: str) -> dict[str, Any]:
    """Names to numbers and arrays; those of nested objects are joined with dots."""
    if not isinstance(value, dict):
        return {name: np.array(value) if isinstance(value, list) else value}
    found: dict[str, Any] = {}
    for key, each in value.items():
        found |= _flat(each, f"{name}.{key}" if name else str(key))
    return found
