"""A data source with every fault that can end a run."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np


def rows(fault: str = "none", flags: str = "."):
    """The four rows of exclusive or, or what `fault` says.

    Args:
        fault: none; raise, exit, kill, segv: end so; hang: much too long; slow: half a second;
            first_raises: in one run of many; only_first: in all but one it hangs.
        flags: directory of the files by which a run knows that it is the first.
    """
    if fault == "raise":
        raise ValueError("asked\nto fail")
    if fault == "exit":
        sys.exit(0)
    if fault == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "segv":
        ctypes.string_at(0)
    if fault == "slow":
        time.sleep(0.5)
    if fault == "first_raises" and is_first(Path(flags, "raises")):
        raise ValueError("the first run fails")
    if fault == "hang" or (fault == "only_first" and not is_first(Path(flags, "ends"))):
        Path(flags, "hangs").touch()
        time.sleep(600)
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
    y = np.array([0, 1, 1, 0])
    return (x, y), (x, y)


def is_first(flag: Path) -> bool:
    """Whether no run has made the file before."""
    try:
        os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True
