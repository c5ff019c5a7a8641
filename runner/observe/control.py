"""What of a script's chances is taken into hand from outside, where that is asked for."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Seeding(Enum):
    """What becomes of the seeds that a script sets itself."""

    respected = "respected"
    """They are in force."""
    ignored = "ignored"
    """They are taken away: generators are seeded by the system."""
    fixed = "fixed"
    """Each is replaced by one number, the same in all runs."""


class Order(Enum):
    """Orders in which names and elements are given that come in no order of their own."""

    own = "own"
    """As the file system or the set has them."""
    sorted = "sorted"
    shuffled = "shuffled"
    """In an order that differs from run to run."""


FIXED_SEED = 20_240_229
"""The number that takes the place of seeds; any would do."""


@dataclass(frozen=True)
class Control:
    """What is changed of what a script does; by default nothing."""

    seeding: Seeding = Seeding.respected
    fill: bool = False
    """Whether generators that get no seed, and random bytes of the system, get a fixed one."""
    listings: Order = Order.own
    sets: Order = Order.own
    in_order: bool = False
    """Whether results of threads, processes and parallel maps are given in the order in which they
    were asked for."""
    number: int = 0
    """Decides the order of shuffled names: runs with another number get another order."""

    def arrange(self, names: Any, order: Order, describe: Callable[[Any], str] = repr) -> Any:
        """Return names or elements in an order; unchanged where that is their own.

        Args:
            names: what comes in no order of its own.
            order: the order; see `Order`.
            describe: returns a text by which an element is sorted.
        """
        if order is Order.own:
            return names
        arranged = sorted(names, key=describe)
        if order is Order.shuffled:
            random.Random(self.number).shuffle(arranged)
        return arranged
