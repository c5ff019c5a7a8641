"""Directories of sweeps and runs: each is taken by one program, and none is overwritten."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from hydra.core.override_parser.types import Quote, QuotedString
from omegaconf import DictConfig, OmegaConf, open_dict

from runner.errors import ConfigError
from runner.record.record import MULTIRUN
from runner.record.store import write_atomically

CLAIM = ".claimed"
"""A file that says that a run or a sweep has taken a directory for itself."""

UNWRITABLE = "must be a directory that can be written"


def claim_sweep_directory(config: DictConfig, fresh: bool) -> Path:
    """Create the sweep's directory and save Hydra's multirun.yaml in it.

    Args:
        config: the sweep's config; changed to the directory that was claimed.
        fresh: take the next free name (`_1`, `_2`, ...) where the directory holds a sweep
            already, instead of writing into it as Hydra's own sweeper does.
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
    """Make a directory that of a sweep, in the sweep's config; return it."""
    with open_dict(config):
        config.hydra.sweep.dir = str(directory)
        # Other launchers compose again, from the overrides.
        quoted = QuotedString(str(directory), Quote.single).with_quotes()
        config.hydra.overrides.hydra.append(f"hydra.sweep.dir={quoted}")
    return directory


def claim_directory(wanted: str, key: str) -> Path:
    """Create a directory that no other run or sweep claims, by creating the file CLAIM in it.

    Two programs that start in the same second want the same name: creating a file exclusively is
    what only one of them can do. The others get `_1`, `_2`, ...

    Raises:
        ConfigError: naming `key`, which said `wanted`: nothing can be written there.
    """
    for number in itertools.count():
        directory = Path(f"{wanted}_{number}" if number else wanted)
        try:
            directory.mkdir(parents=True, exist_ok=True)
            if any(directory.iterdir()):
                continue  # whatever it holds would be mixed with what comes
            os.close(os.open(directory / CLAIM, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except OSError as error:
            if isinstance(error, FileExistsError) and directory.is_dir():
                continue
            raise ConfigError(key, UNWRITABLE, wanted, error.strerror) from None
        return directory
    raise AssertionError("unreachable")


def is_locked(directory: Path) -> bool:
    """Whether a program is running a sweep; False also where nobody can tell."""
    try:
        with (directory / CLAIM).open() as claimed:
            fcntl.flock(claimed, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


@contextlib.contextmanager
def lock_directory(directory: Path) -> Iterator[None]:
    """Hold a sweep's directory: no other program runs or resumes the sweep meanwhile.

    The system lets go of it when this process ends, however that happens.

    Raises:
        ConfigError: another program holds it, or nothing can be written there.
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
            pass  # a file system without locks, as some networks have
        yield
