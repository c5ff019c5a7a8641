"""Records which rows reach training, in which order, and what augmentation made of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.data.stream import Reading
from runner.numeric.bitwise import Array
from runner.record.fingerprint import DIGITS

WATCHED_ROWS = 64
"""About how many rows of the training part are compared from epoch to epoch, one by one."""


@dataclass
class OrderRecorder:
    """Records the batches that a pipeline makes, and digests those that training took.

    A pipeline makes some batches ahead, of which training may never take the last ones.
    """

    epoch_steps: int | None = None
    """Batches that make an epoch, where one pass over the rows does not; None where it does."""
    orders: list[str] = field(default_factory=list)
    """Digest of the order of the rows, by epoch."""
    augmented: list[str] = field(default_factory=list)
    """Digest of the augmented rows, by epoch; empty without augmentation."""
    reading: Reading = field(default_factory=Reading)
    """Digests of rows that stream, taken as they leave their source."""
    every: int = 1
    """Rows whose number is a multiple of this are watched."""
    kept: int = 0
    """Number of epochs in which watched rows were augmented to the same as in the first epoch."""
    watched: int = 0
    """Number of watched rows that the first epoch had; 0 without augmentation."""
    epoch: int = 0
    """Number of the epoch that training is in, as Keras counts them."""
    _made: list[_Batches] = field(default_factory=list)
    _first: dict[int, bytes] = field(default_factory=dict)

    def record(self, indices: npt.NDArray[np.int64], x: list[Array] | None = None) -> None:
        """Add a batch: the numbers of its rows (row,), and its augmented inputs (row, ...)."""
        made = self._made[-1] if self._made else None
        if made is None or made.count == self.epoch_steps:
            made = _Batches()
            self._made.append(made)
        made.add(indices)
        if x is not None:
            made.add_rows(indices, x, self.every)

    def end_epoch(self, *, whole: bool = True) -> None:
        """End the epoch that the first batches recorded so far belong to.

        Args:
            whole: whether training took all batches of the epoch. One that a callback cut short has
                no order: how far it came is chance where the callback's decision is.
        """
        made = self._made.pop(0) if self._made else _Batches()
        if whole:
            self.orders.append(made.order)
            if made.augmented is not None:
                self.augmented.append(made.augmented)
                self._compare_watched(made.watched)
        if self.epoch_steps is None:
            # Whatever else was made of this pass over the rows is not taken any more.
            self._made = []

    def _compare_watched(self, watched: dict[int, bytes]) -> None:
        """Compare the watched rows with those of the first epoch."""
        if not self.watched:
            self._first, self.watched = watched, len(watched)
        # An incomplete batch that is dropped may take a row of the first epoch with it.
        common = self._first.keys() & watched.keys()
        same = all(self._first[number] == watched[number] for number in common)
        self.kept += bool(common) and same

    def fingerprints(self) -> dict[str, str]:
        """Return `order/EPOCH` to digest for all epochs, then `augment/EPOCH` to digest."""
        stages = {"order": self.orders, "augment": self.augmented}
        return {f"{s}/{i}": each for s, digests in stages.items() for i, each in enumerate(digests)}

    def last_fingerprints(self) -> dict[str, str]:
        """Return the same of the last epoch that was whole."""
        stages = {"order": self.orders, "augment": self.augmented}
        return {f"{s}/{len(digests) - 1}": digests[-1] for s, digests in stages.items() if digests}


@dataclass
class _Batches:
    """The batches of one epoch."""

    count: int = 0
    watched: dict[int, bytes] = field(default_factory=dict)
    """Number to digest of the watched rows."""
    _order: Any = field(default_factory=hashlib.sha256)
    _rows: Any = None

    def add(self, indices: npt.NDArray[np.int64]) -> None:
        self._order.update(len(indices).to_bytes(8, "little"))
        self._order.update(indices.tobytes())
        self.count += 1

    def add_rows(self, indices: npt.NDArray[np.int64], x: list[Array], every: int) -> None:
        self._rows = self._rows or hashlib.sha256()
        for each in x:
            self._rows.update(each.tobytes())
        for place in np.flatnonzero(indices % every == 0):
            row = b"".join(each[place].tobytes() for each in x)
            self.watched[int(indices[place])] = hashlib.sha256(row).digest()

    @property
    def order(self) -> str:
        """Return the digest of the order of the rows."""
        return str(self._order.hexdigest())[:DIGITS]

    @property
    def augmented(self) -> str | None:
        """Return the digest of the augmented rows; None without augmentation."""
        return None if self._rows is None else str(self._rows.hexdigest())[:DIGITS]
