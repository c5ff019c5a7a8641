"""Training code that leaves things behind: in its run's directory and among temporary files."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from hydra.core.hydra_config import HydraConfig


def train(config, seeds):
    """Do what `task.params.leave` names, and return six numbers."""
    globals()[config.task.params.leave](Path(HydraConfig.get().runtime.output_dir))
    return {"outputs": np.arange(6.0).reshape(3, 2)}


def nothing(own):
    """Leave nothing."""


def everything(own):
    """Entries of every type, in both places."""
    for place in (own, Path(tempfile.gettempdir())):
        closed = place / "closed" / "inside"
        closed.mkdir(parents=True)
        (closed / "file").touch()
        closed.chmod(0)
        os.mkfifo(place / "pipe")
        (place / "link").symlink_to("/")
        (place / "nowhere").symlink_to("no-such")
        with open(os.path.join(os.fsencode(place), b"\xff\n"), "w"):
            pass
        for number in range(2000):
            (place / f"file{number}").touch()


def deep_tree(own):
    """Directories in each other: more than Python calls functions, and a path has bytes for."""
    before = os.getcwd()
    for place in (own, tempfile.gettempdir(), before):
        os.chdir(place)
        for _ in range(1100):
            os.mkdir("deep")
            os.chdir("deep")
        os.chdir(before)


def pipe_of_code(own):
    """A pipe that is called like a file with code, where the sweep was started."""
    os.mkfifo("pipe.py")


def no_temporary(own):
    """Remove all temporary files, as a script does that cleans up after itself."""
    for each in Path(os.environ["TMPDIR"]).iterdir():
        shutil.rmtree(each, ignore_errors=True)


def record_is_directory(own):
    """A directory in the place of the record."""
    (own / "record.json").mkdir()


def outputs_is_directory(own):
    """A directory in the place of the arrays."""
    (own / "outputs.npz" / "inside").mkdir(parents=True)


def record_is_pipe(own):
    """Pipes in the place of both files."""
    os.mkfifo(own / "record.json")
    os.mkfifo(own / "outputs.npz")


def pipe_and_dies(own):
    """The same, and no record will replace it but the one of its failure; the log is one, too."""
    record_is_pipe(own)
    (own / "run.log").unlink()
    os.mkfifo(own / "run.log")
    os._exit(3)


def directory_is_link(own):
    """A link to somewhere else in the place of the run's directory."""
    shutil.rmtree(own)
    Path("elsewhere").mkdir(exist_ok=True)
    own.symlink_to(Path("elsewhere").absolute())


def directory_is_closed(own):
    """A directory that nobody may read or write."""
    own.chmod(0)


def record_elsewhere_is_pipe(own):
    """A pipe that is called like a record, further down."""
    (own / "further").mkdir()
    os.mkfifo(own / "further" / "record.json")
