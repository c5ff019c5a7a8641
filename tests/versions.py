"""Tries this project under several versions of TensorFlow, Keras and Python. A script, no test.

    python -m tests.versions                       # every interpreter on PATH, every combination
    python -m tests.versions python3.11 --only 2.18.*:3.8.*

Each combination gets a virtual environment of its own, which is removed afterwards; about 2 GB and
some minutes each. It prints a line for each: what was right, or what failed first.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]

PYTHONS = ("python3.11", "python3.12", "python3.13")
"""Interpreters that are looked for on PATH."""

COMBINATIONS = (
    "2.18.*:3.8.*",
    "2.18.*:",
    "2.19.*:3.9.*",
    "2.20.*:3.11.*",
    ":3.8.*",
    ":",
)
"""TENSORFLOW:KERAS as pip takes them; nothing stands for the newest."""

GRAPH = (
    "+model={_target_: runner.models.graph, inputs: {a: {shape: [4]}, b: {shape: [2]}}, nodes: {"
    "joined: {layer: {_target_: keras.layers.Concatenate}, from: [a, b]},"
    " kind: {layer: {_target_: keras.layers.Dense, units: 2, activation: softmax}, from: joined}"
    "%s}, outputs: %s}"
)
SIZE = ", size: {layer: {_target_: keras.layers.Dense, units: 2}, from: joined}"
SOURCE = ("~data", "+data.units=2", "+data.source._target_=field_data.%s")
STRATEGIES = "seed=unset,fixed,random,derived"
VERDICTS = {
    "unset": "uncontrolled",
    "fixed": "repeatable",
    "random": "seed-driven",
    "derived": "seed-driven",
}
STOPPING = "[{_target_: keras.callbacks.EarlyStopping, patience: 1, restore_best_weights: true}]"


@dataclass(frozen=True)
class Check:
    """A sweep, and the verdict that each strategy must get."""

    name: str
    arguments: tuple[str, ...]


CHECKS = (
    Check("functional", ("model=residual", STRATEGIES)),
    Check(
        "two inputs",
        (*SOURCE[:2], SOURCE[2] % "two_inputs", "~model", GRAPH % ("", "kind"), STRATEGIES),
    ),
    Check(
        "two outputs",
        (
            *(*SOURCE[:2], SOURCE[2] % "two_inputs_and_targets", "~model"),
            *(GRAPH % (SIZE, "[kind, size]"), STRATEGIES),
            "train.loss={kind: sparse_categorical_crossentropy, size: mse}",
            "train.metrics=[{kind: [accuracy], size: [mae]}]",
        ),
    ),
    Check(
        "early stopping",
        ("model=mlp", "train.validation.part=split", f"train.callbacks={STOPPING}", STRATEGIES),
    ),
)


def main() -> int:
    """Try each combination with each interpreter; the status is 1 if any failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pythons", nargs="*", help="interpreters; none: those on PATH")
    parser.add_argument("--only", action="append", metavar="TENSORFLOW:KERAS")
    parser.add_argument("--place", type=Path, help="directory for the environments")
    given = parser.parse_args()
    pythons = given.pythons or [each for each in PYTHONS if works(each)]
    failed = False
    for python in pythons:
        for combination in given.only or COMBINATIONS:
            with tempfile.TemporaryDirectory(dir=given.place) as place:
                line, right = attempt(python, combination, Path(place))
            print(line, flush=True)
            failed |= not right
    return int(failed)


def works(python: str) -> bool:
    """Return whether an interpreter is there and starts."""
    found = shutil.which(python)
    return found is not None and run([found, "-c", ""], ROOT).returncode == 0


def attempt(python: str, combination: str, place: Path) -> tuple[str, bool]:
    """Return the line for a combination, and whether all of it was right."""
    own = place / "venv" / "bin" / "python"
    tensorflow, keras = combination.split(":")
    made = run([python, "-m", "venv", str(place / "venv")], place)
    wanted = [
        f"tensorflow=={tensorflow}" if tensorflow else "tensorflow",
        f"keras=={keras}" if keras else "keras",
    ]
    if made.returncode == 0:
        made = run([str(own), "-m", "pip", "install", "-q", *wanted, "-e", str(ROOT)], place)
    if made.returncode:
        told = [each for each in made.stderr.splitlines() if each.startswith("ERROR")]
        reason = told[0] if told else last_line(made.stderr)
        return f"{python} {' '.join(wanted)}: not installed: {reason}", False
    versions = "import platform, keras, tensorflow as t;" + (
        "print('Python', platform.python_version(), 'TensorFlow', t.__version__,"
        " 'Keras', keras.__version__)"
    )
    label = last_line(run([str(own), "-c", versions], place).stdout)
    told = [check(own, each, place / str(index)) for index, each in enumerate(CHECKS)]
    faults = [each for each in told if each]
    right = ", ".join(each.name for each, fault in zip(CHECKS, told, strict=True) if not fault)
    line = f"{label}: right: {right or 'nothing'}"
    return line + "".join(f"; FAILED {each}" for each in faults), not faults


def check(python: Path, wanted: Check, place: Path) -> str | None:
    """Return what is wrong with the verdicts of a sweep; None if they are right."""
    place.mkdir()
    usual = ("train.epochs=3", "replicates=2", "workers=2", "-m", "--trust", "field_data")
    ended = run([str(python), "-m", "runner", *wanted.arguments, *usual], place)
    tables = list(place.glob("outputs/*/*/table.csv"))
    if ended.returncode or not tables:
        return f"{wanted.name}: status {ended.returncode}: {last_line(ended.stderr)}"
    with tables[0].open(newline="") as file:
        found = {row["seed"]: row["verdict"] for row in csv.DictReader(file)}
    other = [
        f"{seed} is {found.get(seed)}" for seed in VERDICTS if found.get(seed) != VERDICTS[seed]
    ]
    return f"{wanted.name}: {', '.join(other)}" if other else None


def run(command: list[str], place: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a directory, with the modules of tests/apps importable."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests" / "apps")}
    return subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, check=False
    )


def last_line(text: str) -> str:
    """Return the last line that says something."""
    return next((each for each in reversed(text.splitlines()) if each.strip()), "nothing")


if __name__ == "__main__":
    raise SystemExit(main())
