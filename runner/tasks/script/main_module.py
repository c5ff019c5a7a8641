"""Executes a script as the module `__main__`, as `python SCRIPT` does."""

from __future__ import annotations

import atexit
import builtins
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from runner.errors import RunFailed
from runner.tasks.script.left_threads import keep_threads
from runner.tasks.script.script_source import Part


def execute(
    script: Path, parts: Sequence[Part], arguments: Sequence[str], package: str | None = None
) -> dict[str, Any]:
    """Execute a script, and wait for the threads that it leaves, as the interpreter does.

    Args:
        script: its file.
        parts: what it consists of.
        arguments: what comes behind its name on the command line.
        package: of the module that the script is, whose modules are found in the current
            directory; None: it is no module of a package, and finds what lies beside it.

    Returns:
        The variables of the module.

    Raises:
        RunFailed: it exited with another status than 0.
        Exception: whatever it raised.
    """
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=str(script), __builtins__=builtins)
    if script.suffix == ".ipynb":
        module.__dict__["display"] = print
    sys.modules["__main__"] = module
    sys.argv[:] = [str(script), *arguments]
    if package is not None:
        module.__package__ = package
    searched = str(script.parent if package is None else Path.cwd())
    sys.path.insert(0, searched)
    with _exit_handlers_called(), keep_threads() as left:
        try:
            for part in parts:
                exec(part.compile(), module.__dict__)
        except SystemExit as error:
            if isinstance(error.code, str):
                raise RunFailed(f"the script ended itself: {error.code}") from None
            if error.code not in (None, 0):
                raise RunFailed(f"the script exited with status {error.code}") from None
        finally:
            sys.stdout.flush()
            with suppress(ValueError):
                sys.path.remove(searched)
        left.wait()
    return module.__dict__


@contextmanager
def _exit_handlers_called() -> Iterator[None]:
    """Call at the end what was registered inside to be called when the interpreter exits.

    The process of a run ends without calling what libraries had registered before.
    """
    handlers: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = []
    register, unregister = atexit.register, atexit.unregister

    def keep(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
        handlers.append((function, args, kwargs))
        return function

    def forget(function: Callable[..., Any]) -> None:
        handlers[:] = [each for each in handlers if each[0] != function]
        unregister(function)

    vars(atexit).update(register=keep, unregister=forget)
    try:
        yield
    finally:
        vars(atexit).update(register=register, unregister=unregister)
        while handlers:
            function, args, kwargs = handlers.pop()
            function(*args, **kwargs)
