"""A lock: what a sweep measured, and what is needed to measure it again."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import ConfigError
from runner.hydra_files import (
    Command,
    key_of,
    read_command,
    read_overrides,
    read_replicates,
    split_overrides,
)
from runner.record import MULTIRUN
from runner.schema import SWEEP_KEYS, Strategy
from runner.snapshot import (
    Configuration,
    Snapshot,
    describe_configuration,
    group_runs,
    merge_environments,
)
from runner.stored import Stored, read_stored

NAME = "runner.lock.yaml"

MAIN = "config"
"""The shipped config that all others are part of; another one is named with --config-name."""


@dataclass(frozen=True)
class Locked:
    """One configuration of a lock."""

    measured: Configuration
    arguments: tuple[str, ...]
    """Overrides that say what it is, as Hydra takes them."""
    strategy: str
    """Of its seeds."""
    replicates: int
    replays: int
    line: int | None = None
    """Where it begins in the lock's file, from 1; None: it was read from none."""

    @property
    def drawn(self) -> tuple[int, ...]:
        """The seeds of the replicates, in order, where they were drawn; otherwise empty."""
        if self.strategy != Strategy.random.name:
            return ()
        runs = [ran.record for ran in self.measured.runs if ran.record.replay_of is None]
        found = {each.replicate: each.seeds["value"] for each in runs}
        return tuple(found[replicate] for replicate in sorted(found))


@dataclass(frozen=True)
class Lock:
    """What a lock's file says."""

    version: str | None
    """Of the runner that made the runs; None: not known."""
    command: Command
    """The sweep's; its directory of configs is relative to the lock's own."""
    environment: dict[str, tuple[Any, ...]]
    configurations: tuple[Locked, ...]

    @property
    def swept(self) -> tuple[str, ...]:
        """Overrides on where configurations run, and how they are judged: the same for all."""
        return tuple(
            each for each in self.command.overrides if key_of(each).split(".")[0] in SWEEP_KEYS
        )

    def snapshot(self, name: str) -> Snapshot:
        """As it is compared with a sweep."""
        return Snapshot(
            name=name,
            configurations=tuple(each.measured for each in self.configurations),
            environment=self.environment,
            locked=True,
        )


def make_lock(directory: Path, base: Path) -> Lock:
    """Make a lock of a sweep.

    Args:
        directory: of the sweep, or one above it.
        base: the directory that the lock is to be in.

    Raises:
        ConfigError: there is not one sweep, all of whose runs succeeded, or it cannot be repeated.
    """
    stored, problems = read_stored(directory)
    sweep = _check_sweep(directory, stored, problems)
    command = _check_command(sweep, base)
    environment = merge_environments(stored)
    versions = environment.get("runner", ())
    return Lock(
        version=str(versions[0]) if len(versions) == 1 and versions[0] else None,
        command=command,
        environment=environment,
        configurations=tuple(_lock_configuration(directory, each) for each in group_runs(stored)),
    )


def to_shell(command: Command) -> str:
    """The command line as a shell takes it."""
    options = [] if command.config_name == MAIN else ["--config-name", command.config_name]
    options += [] if command.config_dir is None else ["--config-dir", command.config_dir]
    return shlex.join(["python", "-m", "runner", *command.overrides, *options, "-m"])


def from_shell(text: str) -> Command:
    """Read what `to_shell` wrote.

    Raises:
        ValueError: it is another command.
    """
    words = shlex.split(text)
    if words[:3] != ["python", "-m", "runner"] or words[-1] != "-m":
        raise ValueError("command must be `python -m runner ... -m`")
    found: dict[str, str] = {}
    overrides = []
    rest = iter(words[3:-1])
    for word in rest:
        if word in ("--config-name", "--config-dir"):
            found[word] = next(rest)
        else:
            overrides.append(word)
    return Command(
        overrides=tuple(overrides),
        config_name=found.get("--config-name", MAIN),
        config_path=None,
        config_dir=found.get("--config-dir"),
    )


def _check_sweep(directory: Path, stored: Sequence[Stored], problems: Sequence[str]) -> Path:
    """The directory of the one sweep that the runs are of."""
    if problems:
        raise ConfigError(str(directory), "has records that cannot be used", None, problems[0])
    if not stored:
        raise ConfigError(str(directory), "no record of a run was found there")
    sweeps = list(dict.fromkeys(each.sweep for each in stored))
    if len(sweeps) > 1:
        listed = ", ".join(map(str, sweeps[:3]))
        rule = f"holds {len(sweeps)} sweeps, and a lock is of one"
        raise ConfigError(str(directory), rule, None, f"In it are {listed}")
    if not (sweeps[0] / MULTIRUN).is_file():
        raise ConfigError(str(directory), "is of one run, and a lock is of a sweep, made with -m")
    failed = [each for each in stored if each.record.status == "failed"]
    if failed:
        rule = f"{len(failed)} of {len(stored)} runs failed, and a lock is of runs that succeeded"
        reason = (failed[0].record.error or "").partition("\n")[0]
        raise ConfigError(str(directory), rule, None, f"{failed[0].directory}: {reason}")
    return sweeps[0]


def _check_command(sweep: Path, base: Path) -> Command:
    command = read_command(sweep)
    if command is None:
        raise ConfigError(str(sweep / MULTIRUN), "does not say what the sweep was made from")
    if command.config_path is not None:
        rule = "was made with --config-path, and a lock is of the shipped configs and --config-dir"
        raise ConfigError(str(sweep), rule, command.config_path)
    if command.config_dir is None:
        return command
    if any(key_of(each) == "hydra.searchpath" for each in command.overrides):
        rule = "was made with --config-dir and hydra.searchpath, of which a lock keeps one"
        raise ConfigError(str(sweep), rule)
    relative = os.path.relpath(command.config_dir, base)
    return Command(command.overrides, command.config_name, None, relative)


def _lock_configuration(directory: Path, group: Sequence[Stored]) -> Locked:
    first = group[0]
    typed, asked = read_overrides(first.directory), read_replicates(first.directory)
    if typed is None or asked is None:
        rule = "does not say what it was made from, in .hydra"
        raise ConfigError(str(first.directory), rule)
    runs = sorted(s.record.replicate for s in group if s.record.replay_of is None)
    replays = sum(s.record.replay_of is not None for s in group)
    wanted = min(asked) if first.record.strategy == Strategy.random.name or first.record.vary else 0
    if runs != list(range(asked[0])) or replays != wanted:
        name = " ".join(f"{key}={value}" for key, value in first.record.overrides.items())
        rule = (
            f"has {len(runs)} of {asked[0]} replicates and {replays} of {wanted} replays"
            f" of {name or 'the defaults'}, and a lock is of a sweep that came to its end"
        )
        raise ConfigError(str(directory), rule)
    arguments, _ = split_overrides(typed, first.record.strategy)
    measured = describe_configuration(group)
    return Locked(measured, arguments, first.record.strategy, len(runs), replays)
