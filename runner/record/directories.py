"""Directories of sweeps and runs: one program takes each, and none is overwritten."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from hydra.core.override_parser.types import Quote, QuotedString
from omegaconf import DictConfig, OmegaConf, open_dict

from runner.errors import ConfigError
from runner.record.record import MULTIRUN
from runner.record.store import write_atomically

CLAIM = ".claimed"
"""Name of the file that marks a directory as taken by a run or a sweep."""

UNWRITABLE = "must be a directory that can be written"


@dataclass(frozen=True)
class Holder:
    """The process that holds the lock of a directory."""

    pid: int
    host: str
    """The machine that it runs on, by the name that the machine gives itself."""

    @property
    def is_here(self) -> bool:
        """Whether it runs on this machine."""
        return self.host == socket.gethostname()


def claim_sweep_directory(config: DictConfig, fresh: bool) -> Path:
    """Create the sweep's directory and save Hydra's multirun.yaml in it.

    Args:
        config: the sweep's config, whose `hydra.sweep.dir` becomes the directory that was claimed.
        fresh: take the next free name (`_1`, `_2`, ...) where the directory holds a sweep
            already, instead of writing into it as Hydra's own sweeper does.

    Returns:
        The directory.

    Raises:
        ConfigError: with `fresh`, nothing can be written there.
    """
    wanted = str(config.hydra.sweep.dir)
    if not fresh:
        directory = Path(wanted)
        directory.mkdir(parents=True, exist_ok=True)
    else:
        directory = use_directory(config, claim_directory(wanted, "hydra.sweep.dir"))
    write_atomically(directory / MULTIRUN, OmegaConf.to_yaml(config).encode())
    return directory


def use_directory(config: DictConfig, directory: Path) -> Path:
    """Set the sweep's directory in the sweep's config; return the directory."""
    with open_dict(config):
        config.hydra.sweep.dir = str(directory)
        # Other launchers compose the config again from the overrides.
        quoted = QuotedString(str(directory), Quote.single).with_quotes()
        config.hydra.overrides.hydra.append(f"hydra.sweep.dir={quoted}")
    return directory


def claim_directory(wanted: str, key: str) -> Path:
    """Create a directory that no other run or sweep claims, by creating the file CLAIM in it.

    Two programs that start in the same second want the same name, but only one of them can create
    the file exclusively. The others get `_1`, `_2`, ...

    Args:
        wanted: the path to take if it is free.
        key: the config key that holds `wanted`, for the error.

    Returns:
        The empty directory that was claimed.

    Raises:
        ConfigError: nothing can be written there.
    """
    for number in itertools.count():
        directory = Path(f"{wanted}_{number}" if number else wanted)
        try:
            directory.mkdir(parents=True, exist_ok=True)
            if any(directory.iterdir()):
                continue  # new files would be mixed with those that it holds
            os.close(os.open(directory / CLAIM, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except OSError as error:
            if isinstance(error, FileExistsError) and directory.is_dir():
                continue
            raise ConfigError(key, UNWRITABLE, wanted, error.strerror) from None
        return directory
    raise AssertionError("unreachable")


def is_locked(directory: Path) -> bool:
    """Return whether a program is running the sweep of a directory; False if that is not known."""
    try:
        with (directory / CLAIM).open() as claimed:
            fcntl.flock(claimed, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def read_holder(directory: Path) -> Holder | None:
    """Return which process runs the sweep of a directory; None if none does, or it is not known."""
    if not is_locked(directory):
        return None
    try:
        found = json.loads((directory / CLAIM).read_bytes())
        return Holder(int(found["pid"]), str(found["host"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None  # it is just being written


@contextlib.contextmanager
def lock_directory(directory: Path) -> Iterator[None]:
    """Lock a sweep's directory: no other program runs or resumes the sweep meanwhile.

    The system releases the lock when this process ends, however that happens. On a file system
    that has no locks, nothing is locked.

    Raises:
        ConfigError: another program holds the lock, or nothing can be written there.
    """
    try:
        claimed = (directory / CLAIM).open("a")
    except OSError as error:
        raise ConfigError(str(directory), UNWRITABLE, None, error.strerror) from None
    with claimed:
        try:
            fcntl.flock(claimed, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(str(directory), "another program is running this sweep") from None
        except OSError:
            pass  # some network file systems have no locks
        _write_holder(claimed.fileno())
        yield


def _write_holder(claimed: int) -> None:
    """Write which process holds the lock; a disk that is full stops nothing here."""
    holder = Holder(os.getpid(), socket.gethostname())
    with contextlib.suppress(OSError):
        os.ftruncate(claimed, 0)
        os.write(claimed, json.dumps(asdict(holder)).encode())
