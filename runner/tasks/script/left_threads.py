"""Waits for what a script left running in threads, as the interpreter does when it exits."""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

POOL = ThreadPoolExecutor.__module__


class LeftThreads:
    """The threads of a script, and what it handed to pools of them."""

    def __init__(self) -> None:
        self.workers: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
        """Threads of pools, which end with the interpreter unless their pool is shut down."""
        self.handed: weakref.WeakSet[Future[Any]] = weakref.WeakSet()

    def wait(self) -> None:
        """Wait until pools have done what they were handed, and other threads have ended."""
        while pending := [each for each in list(self.handed) if not each.done()]:
            wait(pending)
        for thread in threading.enumerate():
            ours = thread is threading.current_thread() or thread in self.workers
            if not ours and not thread.daemon:
                thread.join()


@contextmanager
def keep_threads() -> Iterator[LeftThreads]:
    """While inside, keep in mind which threads belong to pools and what these were handed."""
    left = LeftThreads()
    start, submit = threading.Thread.start, ThreadPoolExecutor.submit

    def start_kept(self: threading.Thread) -> None:
        if sys._getframe(1).f_globals.get("__name__") == POOL:
            left.workers.add(self)
        start(self)

    def submit_kept(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        future = submit(self, *args, **kwargs)
        left.handed.add(future)
        return future

    threading.Thread.start = start_kept  # type: ignore[method-assign]
    ThreadPoolExecutor.submit = submit_kept  # type: ignore[method-assign]
    try:
        yield left
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]
        ThreadPoolExecutor.submit = submit  # type: ignore[method-assign]
