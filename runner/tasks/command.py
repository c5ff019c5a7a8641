"""The task `command`: a program of the user's is run, and its results are read from files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from hydra.utils import get_original_cwd

from runner.config.placeholders import fill_placeholders
from runner.config.schema import Config
from runner.config.seeds import Seeds
from runner.errors import ConfigError, RunFailed
from runner.record.record import LOG
from runner.tasks.command_files import METRICS, OUTPUTS, read_metrics, read_outputs
from runner.tasks.function import seeds_of_build
from runner.tasks.returned_values import Returned, join_builds, read_number, read_returned
from runner.tasks.run_result import RunResult
from runner.tasks.task_run import TaskRun


def measure(run: TaskRun) -> RunResult:
    """Run the command of a task; see `run_command`."""
    return run_command(run.config, run.seeds, run.directory, Path(get_original_cwd()))


def run_command(config: Config, seeds: Seeds, directory: Path, started_in: Path) -> RunResult:
    """Run `task.command` once per build, each time in a working directory of its own.

    Args:
        config: The config of the run.
        seeds: The seeds of the run.
        directory: The run's directory; `build0`, `build1`, ... are created in it.
        started_in: The directory that the sweep was started in. An argument that names a file
            there is passed on as an absolute path, unless the command is to write that file.

    Raises:
        RunFailed: The program did not exit with status 0.
        ConfigError: The program cannot be started, or a declared file is missing or unreadable.
    """
    builds = []
    for build in range(config.builds):
        work = directory / f"build{build}"
        work.mkdir(parents=True)
        values = {"replicate": config.replicate, "build": build}
        values |= _named(seeds_of_build(config, seeds, build))
        written = [*config.task.outputs, *config.task.metrics]
        arguments = [fill(each, values, started_in, written) for each in config.task.command]
        _run(arguments, work, config.task.environment, config.runtime.hash_seed, directory / LOG)
        builds.append(_read(config, work))
    return join_builds(builds, OUTPUTS)


def fill(
    argument: str, values: Mapping[str, int], started_in: Path, written: Sequence[str] = ()
) -> str:
    """Fill in the placeholders of one argument, such as `{seed}`, and make file names absolute.

    Args:
        argument: An argument of the command.
        values: Placeholder name to value.
        started_in: The directory that the sweep was started in. An argument that names a file
            there becomes an absolute path.
        written: Files that the command is to write. An argument that names one of them stays
            relative.

    Raises:
        ConfigError: A placeholder has no value.
    """
    filled = fill_placeholders(argument, values, "task.command")
    path = started_in / filled
    if Path(filled).is_absolute() or not path.is_file() or _names_any(filled, written):
        return filled
    return str(path)


def _names_any(argument: str, written: Sequence[str]) -> bool:
    """Return whether an argument names a file, with or without suffix, or a directory above it."""
    path = PurePath(os.path.normpath(argument))
    return any(
        path in (each, each.with_suffix(""), *each.parents) for each in map(PurePath, written)
    )


def _named(seeds: Mapping[str, int]) -> dict[str, int]:
    """Name the seeds as placeholders: `seed` for a common one, `seed.SOURCE` for one per source."""
    return {"seed" if name == "value" else f"seed.{name}": seed for name, seed in seeds.items()}


def _run(
    arguments: list[str],
    work: Path,
    declared: Mapping[str, str],
    hash_seed: int | None,
    log: Path,
) -> None:
    # `python` must be this interpreter, even where its environment is not on the PATH.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path}
    # The hash seed of this process must not be passed on: all commands would share it.
    environment.pop("PYTHONHASHSEED", None)
    environment |= {} if hash_seed is None else {"PYTHONHASHSEED": str(hash_seed)}
    environment |= declared
    written = log.stat().st_size if log.is_file() else 0
    try:
        # The program writes to the output of this process, which is the run's log.
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
    """Return ": " and the last line after the log's first `start` bytes; "" if there is none."""
    if not log.is_file():
        return ""
    with log.open("rb") as file:
        file.seek(max(start, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f": {last}" if last else ""


def _read(config: Config, work: Path) -> Returned:
    """Read what one build wrote to its working directory."""
    outputs = read_outputs(work, config.task.outputs)
    returned = read_returned(outputs, OUTPUTS, config.task.axes, 1)
    metrics = dict(returned.metrics)
    for name, value in read_metrics(work, config.task.metrics).items():
        number = read_number(value, f"{METRICS}: {name}")
        # A file may be declared as both, and then gives the same number twice.
        if name in metrics and repr(metrics[name]) != repr(number):
            raise ConfigError(METRICS, "must not repeat a name in an output file", name)
        if number is not None:
            metrics[name] = number
    return replace(returned, metrics=metrics)
