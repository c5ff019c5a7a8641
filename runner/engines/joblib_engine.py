"""Hosts agents in processes of loky, which joblib has brought along since version 0.12."""

from __future__ import annotations

import os
from pathlib import Path

from joblib.externals.loky import ProcessPoolExecutor

from runner.engines.engine import EngineSettings, Hosting
from runner.errors import ConfigError
from runner.text import format_error, one_line


class JoblibEngine:
    """Makes each call in a process of its own, on this machine."""

    local = True

    def find_address(self) -> str:
        """Return this machine's own address."""
        return "127.0.0.1"

    def start(self, hosting: Hosting) -> JoblibJob:
        """Start a process for the call."""
        return JoblibJob(hosting)

    def close(self) -> None:
        """Do nothing: each job ends its own process."""


class JoblibJob:
    """A call in a process of its own."""

    def __init__(self, hosting: Hosting) -> None:
        # An executor for each: when a process dies, loky fails all calls of its executor.
        self._executor = ProcessPoolExecutor(max_workers=1)
        self._called = self._executor.submit(_host, hosting, os.getpid())

    def find_end(self) -> str | None:
        """Return one line on how the call ended; None while it goes on."""
        if not self._called.done():
            return None
        error = self._called.exception()
        if error is None:
            return str(self._called.result())
        return one_line(format_error(error)).partition(". ")[0]

    def cancel(self) -> None:
        """Kill the process."""
        self._executor.shutdown(wait=True, kill_workers=True)


def _host(hosting: Hosting, sweep: int) -> str:
    """Host an agent. If the sweep has died meanwhile, end this process, which loky would keep."""
    try:
        return hosting()
    finally:
        if os.getppid() != sweep:
            os._exit(1)


def open_engine(settings: EngineSettings, folder: Path) -> JoblibEngine:
    """Open joblib's engine.

    Raises:
        ConfigError: options are given, as it has none.
    """
    if settings.options:
        rule = "has no options for joblib"
        raise ConfigError("hydra.launcher.options", rule, dict(settings.options))
    return JoblibEngine()
