"""A lock: what a sweep measured, as a file to commit, and what is needed to measure it again."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from runner.compare import State, Tolerance
from runner.errors import ConfigError
from runner.hydra_files import (
    LOADER,
    Command,
    key_of,
    read_command,
    read_overrides,
    read_replicates,
    split_overrides,
)
from runner.record import Record
from runner.seeds import text_of
from runner.snapshot import (
    Configuration,
    Ran,
    Snapshot,
    content_of,
    describe_configuration,
    group_runs,
    merge_environments,
    shorten_record,
)
from runner.stored import Stored, read_stored
from runner.verdict import Verdict

NAME = "runner.lock.yaml"

FORMAT = 1
"""Raised when a reader of the older format would misread a lock."""

HEADER = "# What a sweep measured. To measure it again and compare: python -m runner check\n"

WIDTH = 100


@dataclass(frozen=True)
class Locked:
    """One configuration of a lock."""

    measured: Configuration
    arguments: tuple[str, ...]
    """Overrides that say what it is, as Hydra takes them."""
    replicates: int
    replays: int
    line: int | None = None
    """Where it begins in the lock's file, from 1; None: it was read from none."""

    @property
    def drawn(self) -> tuple[int, ...]:
        """Under drawn seeds, that of each replicate."""
        found = {
            ran.record.replicate: ran.record.seeds["value"]
            for ran in self.measured.runs
            if ran.record.strategy == "random" and ran.record.replay_of is None
        }
        return tuple(found[replicate] for replicate in sorted(found))


@dataclass(frozen=True)
class Lock:
    """A lock file's content."""

    version: str
    """Of the runner that wrote it."""
    command: tuple[str, ...]
    """The sweep's command line."""
    swept: tuple[str, ...]
    """Overrides on how often and where all configurations run, and how they are judged."""
    config_name: str
    config_dir: str | None
    """Of --config-dir, relative to the lock's directory."""
    environment: dict[str, tuple[Any, ...]]
    configurations: tuple[Locked, ...]

    def snapshot(self, name: str) -> Snapshot:
        """As it is compared with a sweep."""
        return Snapshot(
            name=name,
            configurations=tuple(each.measured for each in self.configurations),
            environment=self.environment,
            locked=True,
        )
