"""Somebody's own program: run in a fresh process, its results read from files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from runner.config.placeholders import fill_placeholders
from runner.config.schema import Config
from runner.config.seeds import Seeds
from runner.errors import ConfigError, RunFailed
from runner.record.record import LOG
from runner.tasks.command_files import METRICS, OUTPUTS, read_metrics, read_outputs
from runner.tasks.function import seeds_of_build
from runner.tasks.returned_values import Returned, join_builds, read_number, read_returned
from runner.tasks.run_result import RunResult


def run_command(config: Config, seeds: Seeds, directory: Path, started_in: Path) -> RunResult:
    """Run `task.command` once a build, each in a working directory of its own.

    Args:
        config: of the run.
        seeds: of the run.
        directory: of the run; `build0`, `build1`, ... are made in it.
        started_in: where the sweep was started: arguments that name a file there are given as its
            whole path, unless it is one that the command is to write.

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
        written = [*config.task.outputs, *config.task.metrics]
        arguments = [fill(each, values, started_in, written) for each in config.task.command]
        _run(arguments, work, config.task.environment, config.runtime.hash_seed, directory / LOG)
        builds.append(_read(config, work))
    return join_builds(builds, OUTPUTS)


def fill(
    argument: str, values: Mapping[str, int], started_in: Path, written: Sequence[str] = ()
) -> str:
    """Put values in the place of `{seed}`, `{replicate}` and the like; see `run_command`.

    Args:
        argument: of the command.
        values: name to value.
        started_in: where the sweep was started.
        written: files that the command is to write; what names one of them is left relative.

    Raises:
        ConfigError: there is no such value.
    """
    filled = fill_placeholders(argument, values, "task.command")
    path = started_in / filled
    if Path(filled).is_absolute() or not path.is_file() or _names_any(filled, written):
        return filled
    return str(path)


def _names_any(argument: str, written: Sequence[str]) -> bool:
    """Whether an argument is one of these files, one without its suffix, or a part of its path."""
    path = PurePath(os.path.normpath(argument))
    return any(
        path in (each, each.with_suffix(""), *each.parents) for each in map(PurePath, written)
    )


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


def _read(config: Config, work: Path) -> Returned:
    """What one build left in its working directory."""
    found = read_outputs(work, config.task.outputs)
    returned = read_returned(found, OUTPUTS, config.task.axes, 1)
    metrics = dict(returned.metrics)
    for name, value in read_metrics(work, config.task.metrics).items():
        number = read_number(value, f"{METRICS}: {name}")
        # A file may be of both kinds, and then gives one number twice.
        if name in metrics and repr(metrics[name]) != repr(number):
            raise ConfigError(METRICS, "must not give what a file with outputs gives", name)
        if number is not None:
            metrics[name] = number
    return replace(returned, metrics=metrics)
