"""Lets tests assert that what they compute is the same in every fresh process.

In: a function, or a test marked `repeatable`.
Out: nothing, or an AssertionError whose message explains why runs differ.
Never: slows the start of pytest, or changes a test that does not ask for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["assert_repeatable"]


def assert_repeatable(
    function: Callable[..., Any],
    inputs: Any = None,
    *,
    runs: int = 5,
    seed: str = "unset",
    **options: Any,
) -> None:
    """Assert that a function returns bitwise the same in each of several fresh processes.

    Args:
        function: from anywhere, also a lambda; see `runner.audit` for what it may return.
        inputs: its argument; None: it is called without one.
        runs: how many processes call it, at least 2.
        seed: unset leaves the global generators as they are; `fixed` seeds them alike in each run.
        options: config keys with one value each, such as `timeout_s=60`.

    Raises:
        AssertionError: runs differ or failed; the message says where and why.
        runner.errors.ConfigError: the function cannot be copied to other processes, or an argument
            is wrong.
    """
    __tracebackhide__ = True
    from runner.testing.repetition import find_failure

    failure = find_failure(function, inputs, runs, {"seed": seed, **options})
    if failure is not None:
        raise AssertionError(failure)
