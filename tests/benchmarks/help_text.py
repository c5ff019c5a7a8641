"""`--help` against that of an application that declares nothing."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROUNDS = 9

EMPTY = """\
import hydra


@hydra.main(version_base="1.3", config_path=None)
def main(cfg):
    pass


main()
"""


def main() -> None:
    """Print the ratio of the seconds that both take, in alternating rounds."""
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory, "empty.py")
        script.write_text(EMPTY, "utf-8")

        def empty() -> float:
            return measure([str(script), "--help"], directory)

        def ours() -> float:
            return measure(["-m", "runner", "--help"], directory)

        pairs = [(empty(), ours()) for _ in range(1 + ROUNDS)][1:]
    ratio = statistics.median(ours / empty for empty, ours in pairs)
    least = min(empty for empty, _ in pairs)
    print(f"help: --help takes {ratio:.2f} times as long as that of an empty Hydra application")
    print(f"  (wanted: at most 1.5), which takes {least:.2f} s at least")


def measure(arguments: Sequence[str], directory: str) -> float:
    """Return the seconds that a Python program takes."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=directory, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - started
