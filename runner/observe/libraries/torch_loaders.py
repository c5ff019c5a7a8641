"""Watches the loaders of PyTorch: which rows a pass over one gives, and in which order."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any

import numpy as np

from runner.observe.libraries.row_digests import PassDigest
from runner.observe.libraries.torch_tensors import read_batch
from runner.observe.recorder import Recorder
from runner.observe.replacing import Replacements
from runner.observe.user_frames import caller
from runner.record.fingerprint import digest
from runner.record.timeline import EventKind

LOADER = "torch.utils.data.DataLoader"

OF_WORKERS = ("persistent_workers", "prefetch_factor", "timeout", "multiprocessing_context")
"""Arguments of a loader that mean nothing without workers."""


class LoaderPass:
    """One pass over a loader: gives what the loader's own iterator gives, and digests it."""

    def __init__(self, loader: Any, iterator: Any, passes: LoaderPasses) -> None:
        self.dataset = loader.dataset
        self.last = 0
        """When a batch was taken last."""
        self.trained: int | None = None
        """Number of the training that took a step after one of its batches; None: none did."""
        self._iterator = iterator
        self._passes = passes
        self._digest: PassDigest | None = PassDigest()
        self._losses: list[Any] = []

    def __iter__(self) -> LoaderPass:
        return self

    def __next__(self) -> Any:
        try:
            batch = next(self._iterator)
        except StopIteration:
            self._passes.end(self)
            raise
        self._passes.take(self, batch)
        return batch

    def __len__(self) -> int:
        return len(self._iterator)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._iterator, name)

    def __del__(self) -> None:
        # A loop that is left early drops it at once.
        with suppress(Exception):
            self._passes.end(self)

    def add(self, batch: Any) -> None:
        """Digest a batch; one that holds what is no array ends what is known of the pass."""
        arrays = read_batch(batch) if self._digest is not None else None
        if arrays and self._digest is not None:
            self._digest.add(arrays)
        else:
            self._digest = None

    def add_loss(self, loss: Any) -> None:
        """Take a loss that was differentiated; one that lies on a device is read later."""
        held = loss.detach()
        self._losses.append(held.item() if held.device.type == "cpu" else held)

    def fingerprints(self, number: int) -> dict[str, str]:
        """Return the stages of the pass."""
        stages = {}
        if self._digest is not None and self._digest.batches:
            stages = self._digest.fingerprints(number)
        if self._losses:
            stages[f"logs/{number}"] = digest(np.array([float(each) for each in self._losses]))
        return stages


class LoaderPasses:
    """The passes over loaders that a script makes."""

    def __init__(self, recorder: Recorder, reach: Callable[[int, dict[str, str]], None]) -> None:
        self._recorder = recorder
        self._reach = reach
        """Records stages of a training."""
        self._open: list[LoaderPass] = []
        self._counts: dict[int, int] = {}
        """Training to the number of its passes that have ended."""
        self._moment = 0
        self._stepped = 0
        """When a step was taken last; 0: none was."""
        self.begun = 0
        """Passes that were begun."""

    @property
    def latest(self) -> LoaderPass | None:
        """The pass that gave a batch last, unless it has ended."""
        return max(self._open, key=lambda each: each.last, default=None)

    def begin(self, loader: Any, iterator: Any) -> LoaderPass:
        """Begin a pass."""
        self.begun += 1
        return LoaderPass(loader, iterator, self)

    def take(self, taken: LoaderPass, batch: Any) -> None:
        """Take a batch of a pass."""
        self._moment += 1
        taken.last = self._moment
        if taken not in self._open:
            self._open.append(taken)
        if not self._recorder.is_quiet:
            with self._recorder.quiet():
                taken.add(batch)

    def step(self, training: int) -> None:
        """A step was taken: the passes that gave a batch for it are passes of training."""
        latest = self.latest
        if latest is None:
            return
        latest.trained = training
        # One batch may have been looked at before the first step, which trains on another.
        for each in self._open:
            if self._stepped and each.last > self._stepped:
                each.trained = training
        self._stepped = self._moment

    def end(self, ended: LoaderPass) -> None:
        """End a pass; one that training took rows from is an epoch of it."""
        self._open = [each for each in self._open if each is not ended]
        training, ended.trained = ended.trained, None
        if training is None:
            return
        number = self._counts.get(training, 0)
        self._counts[training] = number + 1
        with self._recorder.quiet():
            self._reach(training, ended.fingerprints(number))

    def end_all(self) -> None:
        """End every pass that is open."""
        for each in list(self._open):
            self.end(each)


def watch_loaders(
    torch: ModuleType, passes: LoaderPasses, recorder: Recorder, replacements: Replacements
) -> None:
    """Watch the loaders of PyTorch."""

    def wrap_iter(function: Any) -> Any:
        def __iter__(self: Any) -> Any:  # noqa: N807
            iterator = function(self)
            if recorder.is_quiet:
                return iterator
            if self.num_workers:
                unordered = getattr(self, "in_order", True) is False
                origin = "unordered" if unordered else "workers"
                recorder.note(
                    caller(1), EventKind.THREADS, LOADER, lambda: {"origin": origin}, direct=True
                )
            return passes.begin(self, iterator)

        return __iter__

    def wrap_init(function: Any) -> Any:
        parameters = list(inspect.signature(function).parameters)[1:]

        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            if recorder.control.in_order:
                given = dict(zip(parameters, args, strict=False)) | kwargs
                if given.get("num_workers"):
                    args = ()
                    kwargs = {k: v for k, v in given.items() if k not in OF_WORKERS}
                    kwargs["num_workers"] = 0
            function(self, *args, **kwargs)

        return __init__

    loader = torch.utils.data.DataLoader
    replacements.replace(loader, "__iter__", wrap_iter)
    replacements.replace(loader, "__init__", wrap_init)
