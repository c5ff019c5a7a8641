"""Runs a test that is marked `repeatable` several times, each in a session of its own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from runner.errors import RunFailed, RunnerError
from runner.testing.plugin import MARK, RECORDED, REPEATING
from runner.testing.repetition import find_failure

DEFAULT_RUNS = 5
"""Runs of a marked test, where the mark does not say."""


def find_marked_failure(item: pytest.Function, mark: pytest.Mark) -> str | None:
    """Return why the runs of a marked test are not the same; None if they are.

    Args:
        item: the test.
        mark: its mark, whose arguments are `runs` and config keys such as `timeout_s`.
    """
    options = dict(mark.kwargs)
    runs = mark.args[0] if mark.args else options.pop("runs", DEFAULT_RUNS)
    function = partial(run_test, item.name, _make_arguments(item))
    try:
        if len(mark.args) > 1 or (mark.args and "runs" in options):
            raise RunnerError("takes one number of runs, and config keys by their names")
        return find_failure(function, None, runs, options, name=item.name)
    except RunnerError as error:
        return f"{MARK}: {error}"


def run_test(name: str, arguments: list[str]) -> Mapping[str, Any]:
    """Run one test in a session of pytest in this process, and return what it recorded.

    Args:
        name: of the test, for errors.
        arguments: of the session.

    Raises:
        RunFailed: the test failed, was skipped, was not found, or recorded nothing.
    """
    session = _RepeatedTest()
    status = pytest.main(arguments, plugins=[session])
    if session.failure is not None:
        raise RunFailed(session.failure)
    if status != pytest.ExitCode.OK or not session.passed:
        raise RunFailed(f"{name} did not run in a session of its own, see its log")
    if not session.recorded:
        text = "it recorded nothing that could be compared: call record_output(NAME, ARRAY) in it"
        raise RunFailed(text)
    return session.recorded


class _RepeatedTest:
    """A plugin of the session that makes one run: keeps what the test recorded."""

    def __init__(self) -> None:
        self.recorded: dict[str, Any] = {}
        self.failure: str | None = None
        self.passed = False

    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.register(_Repeating(), REPEATING)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Any:
        report: pytest.TestReport = yield
        if report.when == "call" and report.passed:
            self.passed = True
            self.recorded = item.stash.get(RECORDED, {})
        elif not report.passed and self.failure is None:
            crash = getattr(report.longrepr, "reprcrash", None)
            said = crash.message if crash is not None else str(report.longrepr)
            self.failure = f"{report.outcome} in {report.when}: {said}"
        return report


class _Repeating:
    """Tells by its name that the test is to run here."""


def _make_arguments(item: pytest.Function) -> list[str]:
    """Return the arguments of a session that runs one test as this session would."""
    config = item.config
    _, colons, rest = item.nodeid.partition("::")
    arguments = [f"{item.path}{colons}{rest}", f"--rootdir={config.rootpath}"]
    if config.inipath is not None:
        arguments += ["-c", str(config.inipath)]
    arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    arguments += ["-p", "no:cacheprovider", "-q", "-rN"]
    arguments += ["-m", config.getoption("markexpr", "") or ""]
    named = [each for each in config.getoption("plugins", None) or [] if "=" not in each]
    arguments += [word for each in named for word in ("-p", each)]
    arguments.append(f"--import-mode={config.getoption('importmode')}")
    settings = config.getoption("override_ini", None) or []
    arguments += [word for each in settings for word in ("-o", each)]
    if config.pluginmanager.has_plugin("xdist"):
        arguments += ["-n", "0"]
    if config.pluginmanager.has_plugin("_cov"):
        arguments.append("--no-cov")
    return arguments
