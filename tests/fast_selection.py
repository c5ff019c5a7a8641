"""`pytest --fast`: the tests that start no process and no TensorFlow, and a guard that they do not.

A test counts as one that starts a process

- where it is marked `process`, alone or by its module's `pytestmark`;
- where it uses a fixture of `STARTING_FIXTURES`;
- where it lies in tests/end_to_end;
- where its module imports one of `STARTERS`, itself or through another module of tests/, and marks
  none of its tests. A module that marks some is believed about the others.

Whoever is believed wrongly fails: see `Guard`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

STARTERS = (
    *("subprocess", "multiprocessing", "tensorflow", "keras"),
    *("conftest.run_cli", "runner.processes", "runner.tasks.keras"),
    *("runner.data.augment", "runner.data.stream", "runner.data.streamed.tensorflow_sources"),
)
"""Modules and packages that start processes, or that are or import TensorFlow."""

LEFT_OUT = ("process", "composes")
"""Marks of tests that `--fast` leaves out; those marked `slow` or `exhaustive` are
left out anyway."""

STARTING_FIXTURES = {"cli"}
"""Fixtures of tests/conftest.py that start the program."""

PROCESS_EVENTS = {
    *("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn"),
    *("os.system", "os.exec", "pty.spawn"),
}
"""Audit events of the interpreter that a new process raises."""


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "only tests that start neither a process nor TensorFlow"
    parser.addoption("--fast", action="store_true", help=text)


def pytest_configure(config: pytest.Config) -> None:
    guard = Guard(forbid_tensorflow=config.getoption("--fast"))
    sys.addaudithook(guard.hear)
    config.pluginmanager.register(guard)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what would only be deselected: importing it can take TensorFlow along."""
    if config.getoption("--fast") and collection_path.suffix == ".py":
        return starts_processes(collection_path) or None
    return None


@pytest.hookimpl(tryfirst=True)  # before pytest's own `-m` looks at the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        starting = STARTING_FIXTURES & set(getattr(item, "fixturenames", ()))
        if starting or starts_processes(item.path):
            item.add_marker("process")
    marks = LEFT_OUT if config.getoption("--fast") else ()
    if config.option.markexpr == "slow":  # every case is for who asks for it, also in a slow file
        marks = ("exhaustive",)
    left_out = [item for item in items if any(map(item.get_closest_marker, marks))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


class Guard:
    """Fails a test that is not marked `process` and starts a process all the same.

    Under `--fast`, whatever imports TensorFlow fails too. Without it, TensorFlow may be there
    already, so that importing it again says nothing.
    """

    def __init__(self, forbid_tensorflow: bool) -> None:
        self.forbid_tensorflow = forbid_tensorflow
        self.watched = False
        """Whether a test is running that must not start a process."""
        self.broken: list[str] = []
        """What the running test has done that it must not."""

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        """Judge an audit event of the interpreter; other libraries' code is heard as well.

        Raises:
            AssertionError: the event must not happen now.
        """
        if self.watched and event in PROCESS_EVENTS:
            rule = f"starts a process ({event})"
        elif self.forbid_tensorflow and event == "import" and _is_tensorflow(str(arguments[0])):
            rule = f"imports {arguments[0]}"
        else:
            return
        self.broken.append(rule)
        raise AssertionError(f"{rule}: mark the test with @pytest.mark.process")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self.watched = item.get_closest_marker("process") is None
        self.broken.clear()
        try:
            return (yield)
        finally:
            self.watched = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        before = "tensorflow" in sys.modules
        result = yield
        # The exception that was raised can have been caught by the code under test; and importlib
        # raises no audit event.
        if self.forbid_tensorflow and "tensorflow" in sys.modules and not before:
            self.broken.append("imports tensorflow")
        if self.broken:
            said = "; ".join(dict.fromkeys(self.broken))
            pytest.fail(f"{said}: mark the test with @pytest.mark.process", pytrace=False)
        return result


def _is_tensorflow(module: str) -> bool:
    return module.partition(".")[0] in ("tensorflow", "keras")


@cache
def starts_processes(path: Path) -> bool:
    """Whether all tests of a file count as tests that start a process."""
    if TESTS / "end_to_end" in path.parents:
        return True
    source = path.read_text("utf-8")
    return "mark.process" not in source and _imports_a_starter(path)


@cache
def _imports_a_starter(path: Path) -> bool:
    for name in _find_imports(path):
        if any(name == each or name.startswith(f"{each}.") for each in STARTERS):
            return True
        for folder in (TESTS, path.parent):
            own = folder / f"{name}.py"
            passed_over = own in (path, TESTS / "conftest.py")
            if not passed_over and own.is_file() and _imports_a_starter(own):
                return True
    return False


def _find_imports(path: Path) -> Iterator[str]:
    """Yield every module that a file names in an import, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
