"""What an attack is, how it is written and how it is run, trusting nothing."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from forked_commands import ForkedCommands

from runner.trust.names import VARIABLE

MARKER = "MARKER"
"""A file that the code of the stranger makes when it runs, or is imported."""

PAYLOAD = f"""
from pathlib import Path
Path({MARKER!r}).touch()
def build(*_, **__):
    return None
class Evil:
    pass
"""

LINK = "-> "
"""How the text of a file begins that is a link."""

GLOBAL = "# @package _global_\n"
CHOSEN = "--config-dir=evil experiment=x"
SECRET = "hunter2-hunter2"

SAYS_TO_HYDRA = "cannot be set in a config file"
OUTSIDE = "may only name files below the current directory. Received: "
FILE = "WORK/evil/experiment/x.yaml: "
COMMAND = "defaults: [{override /task: command}]\ntask:\n  outputs: [a.npy]\n  command: "


@dataclass(frozen=True)
class Attack:
    """What a stranger wrote, how somebody runs it, and the answer."""

    files: dict[str, str]
    line: str
    """How the one line on stderr begins."""
    arguments: str = CHOSEN
    environment: dict[str, str] = field(default_factory=dict)


def experiment(text: str, line: str, more: str = "", files: dict | None = None, **env: str):
    """An attack by an experiment file; `more` are further arguments."""
    content = {"evil/experiment/x.yaml": GLOBAL + text, **(files or {})}
    return Attack(content, line, f"{CHOSEN} {more}", env)


def layer(text: str, key: str, rule: str) -> Attack:
    """An attack by a layer of a model, at `model.layers[0]` followed by `key`."""
    model = f"model:\n  _target_: keras.Sequential\n  layers:\n    - {text}\n"
    return experiment(model, f"model.layers[0]{key}: {rule}")


def said(text: str, key: str, more: str = "", files: dict | None = None) -> Attack:
    """An attack by what a file says to Hydra."""
    return experiment(f"hydra:\n  {text}\n", f"hydra.{key}: {SAYS_TO_HYDRA}", more, files)


@dataclass(frozen=True)
class Answer:
    """How a command ended, and the files that it made."""

    status: int
    out: str
    err: str
    made: list[str]
    work: Path


def write(work: Path, files: dict[str, str]) -> None:
    for name, text in {"payload.py": PAYLOAD, **files}.items():
        path = work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith(LINK):
            path.unlink(missing_ok=True)
            path.symlink_to(text.removeprefix(LINK))
            continue
        path.write_text(text.replace("WORK", str(work)))
        path.chmod(0o755)


def start(
    work: Path, arguments: str, forked: ForkedCommands | None = None, **environment: str
) -> Answer:
    """Run the command line, trusting nothing, and look for what it made, also beside `work`.

    It runs in a fresh interpreter, or in a fork of one.
    """
    before = set(work.parent.rglob("*"))
    words = shlex.split(arguments.replace("WORK", str(work)))
    given = {VARIABLE: "", "HOME": str(work.parent), **environment}
    if forked is not None:
        done = forked.run(work, words, **given)
    else:
        done = subprocess.run(
            [sys.executable, "-m", "runner", *words],
            cwd=work,
            capture_output=True,
            text=True,
            timeout=100,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **given},
            check=False,
        )
    made = {os.path.relpath(path, work) for path in set(work.parent.rglob("*")) - before}
    return Answer(done.returncode, done.stdout, done.stderr, sorted(made), work)
