"""Which GPUs runs may use here, and how many runs at a time may use each of them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

VARIABLE = "CUDA_VISIBLE_DEVICES"
"""The environment variable that says which GPUs a process sees."""

FILES = Path("/dev")
"""Where Linux has a file for each GPU of NVIDIA's."""

_KNOWN = re.compile(r"\d+|GPU-.+|MIG-.+")
"""What CUDA takes for a device: its number, or the beginning of its UUID."""


def list_devices() -> tuple[str, ...]:
    """Return the names of the GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them.

    Where the variable is set it decides, and what it says is not compared with the machine. As for
    CUDA, a name that is none hides all that follow it.
    """
    given = os.environ.get(VARIABLE)
    if given is None:
        return tuple(str(number) for number, _ in enumerate(FILES.glob("nvidia[0-9]*")))
    found: dict[str, None] = {}
    for each in map(str.strip, given.split(",")):
        if not _KNOWN.fullmatch(each):
            break
        found[each] = None
    return tuple(found)


def list_places(runs_per_gpu: int | None) -> tuple[str, ...]:
    """Return the device of each run that can have one at the same time.

    Args:
        runs_per_gpu: how many runs at a time may use one device; None: runs are given none, and
            each sees all of them.

    Returns:
        Names of devices, of which each stands there as often as it can be used; neighbours differ
        where there are several.
    """
    return list_devices() * (runs_per_gpu or 0)


def has_place(slot: int, busy: Sequence[int], places: Sequence[str]) -> bool:
    """Return whether a warm parent may run a job now, while others run theirs.

    Args:
        slot: number of the warm parent.
        busy: numbers of the warm parents that run jobs.
        places: from `list_places`.
    """
    mine = find_device(slot, places)
    if mine is None:
        return True
    return sum(find_device(each, places) == mine for each in busy) < places.count(mine)


def find_device(slot: int, places: Sequence[str]) -> str | None:
    """Return the device of all jobs of a warm parent; None: they are given none.

    Args:
        slot: number of the warm parent.
        places: from `list_places`.
    """
    return places[slot % len(places)] if places else None
