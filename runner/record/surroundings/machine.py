"""Tells one machine from another, as far as a process can see."""

from __future__ import annotations

import socket
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Linux's file with a number that is drawn when the machine starts; its containers share it."""


def read_host() -> str | None:
    """Return the machine's host name; None if it has none."""
    return socket.gethostname() or None


def read_boot() -> str | None:
    """Return what only this machine has, until it is started again; None if the system has none."""
    try:
        return BOOT.read_text("ascii").strip() or None
    except (OSError, ValueError):
        return None
