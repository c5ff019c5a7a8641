"""Training scripts as people write them, what is true of each, and how to run one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

HERE = Path(__file__).parent
FOLDERS = ("planted", "clean")
MARK = "# planted"
CODE = (".py", ".ipynb")

THREADS = {"TF_NUM_INTRAOP_THREADS": "2", "TF_NUM_INTEROP_THREADS": "2"}


@dataclass(frozen=True)
class Script:
    """A row of manifest.yaml, whose head says what each key means."""

    script: str
    kind: str
    outcome: str
    style: str
    remedy: str
    arguments: tuple[str, ...] = ()
    repair: tuple[tuple[str, str], ...] = ()
    listing: str | None = None
    leaves: str | None = None
    names: str | None = None

    @property
    def name(self) -> str:
        """The file or folder of its own that lies in `planted` or `clean`."""
        parts = Path(self.script).parts
        return "/".join(parts[: parts.index(self.folder) + 2])

    @property
    def folder(self) -> str:
        (found,) = {*FOLDERS}.intersection(Path(self.script).parts)
        return found

    @property
    def planted(self) -> bool:
        return self.folder == "planted"

    @property
    def code(self) -> list[Path]:
        """Its source files: one, or those of its folder."""
        whole = HERE / self.name
        return [whole] if whole.is_file() else sorted(find_code(whole))


@dataclass(frozen=True)
class Ran:
    """What one run of a script showed."""

    result: str
    """The last line that it printed."""
    reached: bool
    """Whether the marked line was executed; False where nobody watched."""


def find_code(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix in CODE]


def read_manifest(name: str = "manifest.yaml") -> list[Script]:
    rows = yaml.safe_load((HERE / name).read_text("utf-8"))
    return [to_script(row) for row in rows]


def to_script(row: dict) -> Script:
    """Return a row as a `Script`.

    Raises:
        TypeError: a key is missing or unknown.
    """
    arguments, repair = row.pop("arguments", []), row.pop("repair", [])
    return Script(arguments=tuple(arguments), repair=tuple(map(tuple, repair)), **row)


def read_source(path: Path) -> str:
    """Return a module's text, or a notebook's code cells one below the other."""
    text = path.read_text("utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(each["source"]) for each in cells if each["cell_type"] == "code")


def copy_script(script: Script, place: Path, repaired: bool = False) -> Path:
    """Copy a script with its folder to a place, a notebook as a module; return what to run."""
    source, copy = HERE / script.name, place / Path(script.name).name
    if source.is_dir():
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        main = copy / Path(script.script).relative_to(script.name)
    else:
        main = (place / source.name).with_suffix(".py")
        main.write_text(read_source(source) + "\n", "utf-8")
    if repaired:
        repair_copy(script, [main] if source.is_file() else list(copy.rglob("*")))
    return main


def repair_copy(script: Script, paths: list[Path]) -> None:
    """Replace each text of the script's repair.

    Raises:
        ValueError: a text does not occur once in exactly one file.
    """
    texts = {path: path.read_text("utf-8") for path in paths if path.suffix in (".py", ".yaml")}
    for old, new in script.repair:
        found = [path for path, text in texts.items() if text.count(old) == 1]
        if len(found) != 1 or sum(text.count(old) for text in texts.values()) != 1:
            raise ValueError(f"{script.script}: {old!r} must occur once, occurs in {found}")
        texts[found[0]] = texts[found[0]].replace(old, new)
    for path, text in texts.items():
        path.write_text(text, "utf-8")


def run_script(script: Script, main: Path, number: int, watched: bool = False) -> Ran:
    """Run a copied script in a fresh interpreter; runs of different numbers have different hashes.

    Args:
        script: Whose arguments are used, and whether folders are listed in another order.
        main: What `copy_script` returned.
        number: Of the run, from 1.
        watched: Whether to see if the marked line is executed.

    Raises:
        RuntimeError: the script failed, or printed nothing.
    """
    seen = main.parent / f".seen-{number}"
    command = [str(main), *script.arguments]
    if watched or script.listing:
        options = {"seen": str(seen) if watched else None, "mark": MARK}
        options["listing"] = number if script.listing else None
        command = [str(HERE / "launched_script.py"), json.dumps(options), *command]
    environment = {**os.environ, **THREADS, "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment["PYTHONHASHSEED"] = str(number)
    done = subprocess.run(
        [sys.executable, *command],
        cwd=main.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if done.returncode != 0 or not done.stdout.strip():
        raise RuntimeError(f"{script.script} exited with {done.returncode}\n{done.stderr[-3000:]}")
    return Ran(done.stdout.strip().splitlines()[-1], seen.exists())
