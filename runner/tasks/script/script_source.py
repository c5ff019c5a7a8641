"""Reads a script: a Python file, a module of a package, or the code cells of a notebook."""

from __future__ import annotations

import ast
import json
import linecache
import re
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from runner.errors import ConfigError
from runner.observe.instrumented import compile_marked

KEY = "task.script"

PRELOADED = ("tensorflow", "keras", "numpy", "pandas", "scipy", "sklearn", "torch")
"""Libraries that a warm parent imports for a script that does; importing them computes nothing."""


@dataclass(frozen=True)
class Part:
    """A file, or a cell of a notebook."""

    filename: str
    """Under which errors and events show it."""
    text: str

    def compile(self) -> CodeType:
        """Compile it with its marks.

        Raises:
            SyntaxError: it is no Python.
        """
        lines = self.text.splitlines(keepends=True)
        linecache.cache[self.filename] = (len(self.text), None, lines, self.filename)
        return compile_marked(self.text, self.filename)


def read_parts(script: Path) -> list[Part]:
    """Read what a script consists of.

    Raises:
        ConfigError: it cannot be read, or is no notebook.
    """
    try:
        text = script.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(KEY, f"cannot be read ({reason})", script) from None
    if script.suffix != ".ipynb":
        return [Part(str(script), text)]
    try:
        cells = json.loads(text)["cells"]
        code = ["".join(each["source"]) for each in cells if each["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        raise ConfigError(KEY, "must be a notebook with cells", script) from None
    return [
        Part(f"{script}[{number}]", _without_magic(cell))
        for number, cell in enumerate(code, start=1)
    ]


def _without_magic(cell: str) -> str:
    """Return a cell whose lines for IPython and the shell are comments."""
    if cell.startswith("%%"):
        return "\n".join(f"# {line}" for line in cell.splitlines())
    return "\n".join(
        f"# {line}" if line.lstrip().startswith(("%", "!")) else line for line in cell.splitlines()
    )


SETTING = re.compile(
    r"(?:environ|putenv|setenv|export).*\b(?:CUBLAS|CUDA|KERAS|KMP|MKL|NUMEXPR|OMP|OPENBLAS|PYTORCH|TF|TORCH|XLA)_"
)
"""A line that sets what a library reads when it is imported."""


def find_libraries(script: Path) -> tuple[str, ...]:
    """Return those of PRELOADED that a script, or a module beside it, imports; empty if unknown.

    They are also empty where the script's file sets an environment variable that a library reads
    when it is imported: it must not be imported before.
    """
    try:
        if any(SETTING.search(part.text) for part in read_parts(script)):
            return ()
    except ConfigError:
        return ()
    found: set[str] = set()
    seen: set[Path] = set()
    _find_imports(script, found, seen)
    if "keras" in found:
        found.add("tensorflow")
    return tuple(each for each in PRELOADED if each in found)


def _find_imports(path: Path, found: set[str], seen: set[Path]) -> None:
    if path in seen or len(seen) > 100:
        return
    seen.add(path)
    try:
        trees = [ast.parse(part.text) for part in read_parts(path)]
    except (ConfigError, SyntaxError, ValueError):
        return
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            else:
                continue
            for name in names:
                found.add(name.partition(".")[0])
                for own in (
                    name.replace(".", "/") + ".py",
                    name.replace(".", "/") + "/__init__.py",
                ):
                    if (path.parent / own).is_file():
                        _find_imports(path.parent / own, found, seen)
