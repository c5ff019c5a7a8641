"""A plugin of pytest: the mark `repeatable`, and the fixture `record_output`.

pytest imports this module in every session, so it imports nothing slow.
"""

from __future__ import annotations

import unittest
from collections.abc import Callable
from typing import Any

import pytest

MARK = "repeatable"
"""Name of the mark, `@pytest.mark.repeatable(runs=5)`."""

REPEATING = "runner-repeated-test"
"""Name of the plugin that a session has which makes one run of a marked test."""

RECORDED = pytest.StashKey[dict[str, Any]]()
"""Where a test keeps what it has recorded, name to value."""


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark, as strict sessions ask for."""
    text = (
        f"{MARK}(runs=5): run the test in that many fresh processes; what it records with"
        " record_output must be bitwise the same in each"
    )
    config.addinivalue_line("markers", text)


@pytest.fixture
def record_output(request: pytest.FixtureRequest) -> Callable[[str, Any], None]:
    """Return a function `record_output(name, value)`, which records an array or a number.

    In a test that is marked `repeatable`, what is recorded must be the same in each run. In other
    tests it does nothing more.
    """
    recorded = request.node.stash.setdefault(RECORDED, {})

    def record(name: str, value: Any) -> None:
        import copy

        if name in recorded:
            raise ValueError(f"record_output: {name!r} was recorded before in this test")
        recorded[name] = copy.deepcopy(value)  # the test may go on to change it

    return record


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse the mark where it would do nothing."""
    owner = getattr(item, "cls", None)
    in_class = owner is not None and issubclass(owner, unittest.TestCase)
    if item.get_closest_marker(MARK) and (in_class or not isinstance(item, pytest.Function)):
        text = f"{MARK} is for test functions of pytest; call runner.testing.assert_repeatable here"
        pytest.fail(text, pytrace=False)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a marked test in fresh processes instead of here."""
    mark = pyfuncitem.get_closest_marker(MARK)
    if mark is None or pyfuncitem.config.pluginmanager.has_plugin(REPEATING):
        return None
    from runner.testing.marked_test import find_marked_failure

    failure = find_marked_failure(pyfuncitem, mark)
    if failure is not None:
        pytest.fail(failure, pytrace=False)
    return True
