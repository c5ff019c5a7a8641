"""Puts the parts of the watch together, for one execution of a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from runner.observe import instrumented
from runner.observe.control import Control
from runner.observe.entropy import watch_entropy, watch_listings
from runner.observe.generators import (
    numpy_random,
    python_random,
    tensorflow_random,
    torch_random,
)
from runner.observe.libraries.estimators import EstimatorWatch, watch_estimators
from runner.observe.libraries.keras_models import KerasWatch
from runner.observe.libraries.keras_models import watch as watch_keras
from runner.observe.libraries.torch_models import TorchWatch
from runner.observe.libraries.torch_models import watch_models as watch_torch
from runner.observe.read_files import unwatch_reads, watch_reads
from runner.observe.recorder import Recorder
from runner.observe.replacing import Replacements
from runner.observe.set_order import make_caller, make_taker, watch_completion
from runner.observe.user_frames import UserFrames

NOTHING = Control()
"""Changes nothing."""


class Watch:
    """Everything that is watched of a script."""

    def __init__(
        self,
        recorder: Recorder,
        replacements: Replacements,
        keras: KerasWatch,
        estimators: EstimatorWatch,
        torch: TorchWatch,
    ) -> None:
        self.recorder = recorder
        self.replacements = replacements
        self.keras = keras
        self.estimators = estimators
        self.torch = torch

    def finish(self) -> None:
        """Record what is known only when the script has ended."""
        with self.recorder.quiet():
            self.torch.finish()


@contextmanager
def watching(
    root: Path,
    directories: Sequence[str],
    control: Control = NOTHING,
    *,
    read_below: Path | None = None,
) -> Iterator[Watch]:
    """Watch the code that runs inside.

    Args:
        root: directory that the paths of the user's files are shown relative to.
        directories: of modules of the user's, which are compiled with marks.
        control: what of its chances is taken into hand.
        read_below: directory of the files of which it is told when they are read; None: `root`.
    """
    recorder = Recorder(UserFrames(root), control)
    replacements = Replacements()
    python_random.watch(recorder, replacements)
    numpy_random.watch(recorder, replacements)
    tensorflow_random.watch(recorder, replacements)
    torch_random.watch(recorder, replacements)
    watch_entropy(recorder, replacements)
    watch_listings(recorder, replacements)
    watch_completion(recorder, replacements)
    reads = watch_reads(recorder, read_below or root)
    keras = watch_keras(recorder, replacements, reads)
    estimators = watch_estimators(recorder, replacements)
    torch = watch_torch(recorder, replacements)
    undo = instrumented.install(directories, make_taker(recorder), make_caller(recorder))
    try:
        yield Watch(recorder, replacements, keras, estimators, torch)
    finally:
        undo()
        unwatch_reads(reads)
        replacements.undo()
