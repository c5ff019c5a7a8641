"""Run a script as `python SCRIPT` would, watching for its marked line or shuffling listings.

    python launched_script.py OPTIONS SCRIPT [ARGUMENTS]

OPTIONS is a JSON object: `listing` is the number after which folders are shuffled, or null;
`seen` is the file to make once the line that ends with `mark` is executed, or null.
"""

from __future__ import annotations

import json
import os
import random
import runpy
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType


class ShuffledScan:
    """What `os.scandir` returns, in another order."""

    def __init__(self, entries: list[os.DirEntry]) -> None:
        self.entries = iter(entries)

    def __iter__(self) -> Iterator[os.DirEntry]:
        return self.entries

    def __next__(self) -> os.DirEntry:
        return next(self.entries)

    def __enter__(self) -> ShuffledScan:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self.entries = iter(())


def shuffle_listings(number: int) -> None:
    """Let `os.listdir` and `os.scandir`, on which glob and pathlib rest, list in another order."""
    order, listdir, scandir = random.Random(number), os.listdir, os.scandir

    def shuffle(entries: list) -> list:
        # From a known order, so that two numbers never meet by way of the file system's own.
        entries = sorted(entries, key=os.fspath)
        order.shuffle(entries)
        return entries

    def list_names(path: str = ".") -> list[str]:
        return shuffle(listdir(path))

    def scan(path: str = ".") -> ShuffledScan:
        with scandir(path) as entries:
            return ShuffledScan(shuffle(list(entries)))

    os.listdir, os.scandir = list_names, scan


def find_mark(folder: Path, mark: str) -> tuple[str, int]:
    """Return the file and the number of the marked line."""
    for path in sorted(folder.rglob("*.py")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if line.endswith(mark):
                return str(path), number
    raise LookupError(f"no line in {folder} ends with {mark}")


def watch(file: str, number: int, seen: Path) -> None:
    """Make the file `seen` when a line is executed, in whatever thread."""

    def trace_lines(frame: FrameType, event: str, _argument: object):
        if event == "line" and frame.f_lineno == number:
            seen.touch()
        return trace_lines

    def trace_calls(frame: FrameType, _event: str, _argument: object):
        return trace_lines if frame.f_code.co_filename == file else None

    threading.settrace(trace_calls)
    sys.settrace(trace_calls)


def main() -> None:
    options, script = json.loads(sys.argv[1]), sys.argv[2]
    sys.argv = sys.argv[2:]
    folder = Path(script).parent
    sys.path[0] = str(folder)
    if options["listing"] is not None:
        shuffle_listings(options["listing"])
    if options["seen"] is not None:
        watch(*find_mark(folder, options["mark"]), Path(options["seen"]))
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
