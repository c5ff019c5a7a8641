"""What tests of the corpus share that audit its scripts."""

from __future__ import annotations

import json
import re
import shutil

from conftest import run_cli
from corpus import HERE, MARK, Script

SAME = ("repeatable", "deterministic", "collapsed")

LINE = re.compile(r"[\w./-]+\.(?:py|ipynb)(?:\[\d+\])?:\d+")


def find_mark(script: Script) -> str:
    """The place of the planted line, as `audit` writes places."""
    folder = HERE / script.name if (HERE / script.name).is_dir() else (HERE / script.name).parent
    for path in script.code:
        shown = path.relative_to(folder).as_posix()
        parts = [(shown, path.read_text("utf-8"))]
        if path.suffix == ".ipynb":
            cells = [c for c in json.loads(parts[0][1])["cells"] if c["cell_type"] == "code"]
            parts = [(f"{shown}[{n}]", "".join(c["source"])) for n, c in enumerate(cells, 1)]
        for name, text in parts:
            for number, line in enumerate(text.split("\n"), 1):
                if MARK in line:
                    return f"{name}:{number}"
    raise AssertionError(f"{script.script} has no marked line")


def audit(script: Script, place, *options: str):
    """Audit a copy of a script, and return how the command ended."""
    source = HERE / script.name
    if source.is_dir():
        shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        place.mkdir()
        shutil.copy(source, place)
    name = (HERE / script.script).relative_to(source if source.is_dir() else source.parent)
    listing = ["--shuffle-listings"] if script.listing else []
    command = ["audit", "--replicates", "3", "--with", "replays=0", *listing, *options]
    # The arguments keep their order: what follows the script's name is the script's own.
    return run_cli(place, *command, str(name), *script.arguments, keep_order=True)


def read_named(ended) -> list[str]:
    """The places that the sentence names, in its order."""
    return LINE.findall(" ".join(ended.results.sentences))
