"""Makes a lock: what a sweep measured, and what is needed to measure it again."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.compare.snapshot import (
    Configuration,
    Snapshot,
    describe_configuration,
    find_missing,
    merge_environments,
)
from runner.config.nodes import flatten
from runner.config.schema import Strategy
from runner.errors import ConfigError
from runner.numeric.verdicts import State
from runner.plan.manifest import MANIFEST, Manifest, read_manifest
from runner.record.reader import StoredRun, explain_no_record, read_stored
from runner.text import list_some
from runner.trust.command_line import split_override

MAIN = "config"
"""Name of the shipped primary config; --config-name gives another."""

OPTIONS = {
    **dict.fromkeys(("--config-dir", "-cd"), "--config-dir"),
    **dict.fromkeys(("--config-name", "-cn"), "--config-name"),
    **dict.fromkeys(("--config-path", "-cp"), "--config-path"),
    "--trust": "--trust",
}
"""The options of a sweep that take a value, each with its long name."""

PLAIN = ("-m", "--multirun")
"""The options of a sweep that take no value."""

GIVEN = ("hydra.mode", "hydra.sweep.dir", "hydra.run.dir")
"""Keys that each sweep is given anew, so that a lock does not keep them."""

MOST_LISTED = 3
"""How many things an error lists."""


@dataclass(frozen=True)
class Command:
    """The command line of a sweep."""

    overrides: tuple[str, ...]
    """The overrides as typed, without the keys in GIVEN."""
    config_name: str = MAIN
    """The name of the primary config."""
    config_dir: str | None = None
    """The value of --config-dir; None if it was not given."""


@dataclass(frozen=True)
class Locked:
    """One configuration of a lock."""

    measured: Configuration
    """What its runs did."""
    combination: tuple[str, ...]
    """Its overrides as Hydra takes them, also those that say how often and where it runs."""
    strategy: str
    """The strategy of its seeds, such as "fixed"."""
    replicates: int
    """The number of runs that are not replays."""
    replays: int
    """The number of replays."""
    line: int | None = None
    """The line of the lock's file at which it begins, from 1; None if not read from a file."""

    @property
    def drawn(self) -> tuple[int, ...]:
        """The seeds of the replicates, in order, if they were drawn; empty otherwise."""
        if self.strategy != Strategy.random.name:
            return ()
        runs = [ran.record for ran in self.measured.runs if ran.record.replay_of is None]
        found = {each.replicate: each.seeds["value"] for each in runs}
        return tuple(found[replicate] for replicate in sorted(found))


@dataclass(frozen=True)
class Lock:
    """The content of a lock's file."""

    version: str | None
    """The version of the runner that made the runs; None if it is not known."""
    command: Command
    """The sweep's command line; its --config-dir is relative to the directory of the lock."""
    environment: dict[str, tuple[Any, ...]]
    """Key to the distinct values that runs recorded, including source revisions and flags."""
    configurations: tuple[Locked, ...]
    """The configurations, in the order of the plan."""

    @property
    def unseeded(self) -> list[str]:
        """Names of the configurations whose runs differ and have no seeds to repeat them with."""
        return [
            " ".join(f"{key}={value}" for key, value in each.measured.overrides.items())
            for each in self.configurations
            if each.measured.axes["runs"] is not State.SAME
            and not any(ran.record.seeds for ran in each.measured.runs)
        ]

    def snapshot(self, name: str) -> Snapshot:
        """Return the lock as a snapshot with a name, to be compared with that of a sweep."""
        return Snapshot(
            name=name,
            configurations=tuple(each.measured for each in self.configurations),
            environment=self.environment,
            locked=True,
        )


def make_lock(directory: Path, base: Path) -> Lock:
    """Make a lock of a sweep.

    Args:
        directory: the directory of the sweep, or one above it.
        base: the directory in which the lock will be written.

    Raises:
        ConfigError: the directory does not hold exactly one sweep, a run failed or was not made, or
            the sweep's command line cannot be repeated.
    """
    stored, problems = read_stored(directory)
    plan = _find_plan(directory, stored, problems)
    _check_complete(directory, stored, plan)
    environment = merge_environments(stored, [plan])
    versions = environment.get("runner", ())
    places = {run.job: run.configuration for run in plan.runs}
    groups: list[list[StoredRun]] = [[] for _ in plan.configurations]
    for each in stored:
        # A resumed run is no repetition of the configuration.
        if each.record.resume_of is None:
            groups[places[each.record.job]].append(each)
    return Lock(
        version=str(versions[0]) if len(versions) == 1 and versions[0] else None,
        command=_relate(read_command(plan.command), Path(plan.started_in), base),
        environment=environment,
        configurations=tuple(_lock(index, group, plan) for index, group in enumerate(groups)),
    )


def read_command(arguments: Iterable[str]) -> Command:
    """Read the arguments of a sweep's command line.

    The options --trust are left out, because whoever checks a lock must give trust anew.

    Raises:
        ConfigError: the command line has something that a lock cannot repeat.
    """
    options: dict[str, str] = {}
    overrides = []
    rest = iter(arguments)
    for argument in rest:
        name, given, value = argument.partition("=")
        if not name.startswith("-"):
            overrides.append(argument)
        elif name in OPTIONS:
            options[OPTIONS[name]] = value if given else next(rest, "")
        elif name not in PLAIN:
            raise ConfigError(name, "is an option that a lock cannot repeat")
    if "--config-path" in options:
        rule = "a lock covers only shipped configs and --config-dir"
        raise ConfigError("--config-path", rule, options["--config-path"])
    if "--config-dir" in options and any(
        split_override(each)[0] == "hydra.searchpath" for each in overrides
    ):
        raise ConfigError("hydra.searchpath", "cannot be locked together with --config-dir")
    return Command(
        overrides=tuple(each for each in overrides if split_override(each)[0] not in GIVEN),
        config_name=options.get("--config-name", MAIN),
        config_dir=options.get("--config-dir"),
    )


def arguments_of(command: Command) -> list[str]:
    """Return the arguments of a sweep's command line, as `read_command` reads them."""
    options = [] if command.config_name == MAIN else ["--config-name", command.config_name]
    options += [] if command.config_dir is None else ["--config-dir", command.config_dir]
    return [*command.overrides, *options, "-m"]


def to_shell(command: Command) -> str:
    """Return the command line as one types it in a shell."""
    return shlex.join(["python", "-m", "runner", *arguments_of(command)])


def from_shell(text: str) -> Command:
    """Read what `to_shell` wrote.

    Raises:
        ValueError: the text is the command line of another program.
        ConfigError: as for `read_command`.
    """
    words = shlex.split(text)
    if words[:3] != ["python", "-m", "runner"]:
        raise ValueError("command must begin with python -m runner")
    return read_command(words[3:])


def _find_plan(directory: Path, stored: Sequence[StoredRun], problems: Sequence[str]) -> Manifest:
    """Return the plan of the only sweep below a directory; refuse any other number of sweeps."""
    key = str(directory)
    if problems:
        raise ConfigError(key, "has records that cannot be used", None, problems[0])
    if not stored:
        raise ConfigError(key, explain_no_record(directory))
    sweeps = list(dict.fromkeys(each.sweep for each in stored))
    if len(sweeps) > 1:
        listed = list_some(sweeps, MOST_LISTED)
        raise ConfigError(key, f"holds {len(sweeps)} sweeps, and a lock is of one", listed)
    if not (sweeps[0] / MANIFEST).is_file():
        raise ConfigError(key, f"has no {MANIFEST}, which a sweep (with -m) begins with")
    try:
        return read_manifest(sweeps[0])
    except ConfigError:
        raise ConfigError(str(sweeps[0] / MANIFEST), "is damaged, or of another version") from None


def _check_complete(directory: Path, stored: Sequence[StoredRun], plan: Manifest) -> None:
    """Refuse a sweep of which a run failed or was not made, as its lock would say too little."""
    failed = [each for each in stored if each.record.status == "failed"]
    if failed:
        rule = f"{len(failed)} of {len(plan.runs)} runs failed; a lock needs successful ones"
        reason = (failed[0].record.error or "").partition("\n")[0]
        hint = f"{failed[0].directory}: {reason}"
        raise ConfigError(str(directory), rule, None, hint)
    if ended := sum(each.record.status == "ended" for each in stored):
        rule = f"{ended} of {len(plan.runs)} runs were ended where they part, without outputs"
        hint = f"`python -m runner resume {directory} stop_at=never` makes them whole"
        raise ConfigError(str(directory), rule, None, hint)
    if missing := find_missing(stored, stored[0].sweep, plan):
        rule = f"{len(missing)} of {len(plan.runs)} runs were not made"
        hint = f"`python -m runner resume {directory}` makes them"
        raise ConfigError(str(directory), rule, None, hint)


def _lock(index: int, group: Sequence[StoredRun], plan: Manifest) -> Locked:
    replays = sum(each.record.replay_of is not None for each in group)
    return Locked(
        measured=describe_configuration(group, flatten(plan.configs[index])),
        combination=tuple(plan.combinations[index]),
        strategy=group[0].configuration.strategy,
        replicates=len(group) - replays,
        replays=replays,
    )


def _relate(command: Command, started_in: Path, base: Path) -> Command:
    """Return the command with its --config-dir relative to the directory of the lock."""
    if command.config_dir is None:
        return command
    relative = os.path.relpath(started_in / command.config_dir, base.absolute())
    return Command(command.overrides, command.config_name, relative)
