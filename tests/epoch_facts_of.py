"""Facts that a run measures of its epochs, written down without running anything."""

from __future__ import annotations

from runner.record.reasons import Clause, count

SHUFFLED = "cache, shuffle, augment, batch, prefetch"


def kept(same: int, epochs: int, parallel_calls: int = 1) -> Clause:
    """In how many epochs rows were augmented as in the first one."""
    numbers = {"epochs": epochs, "same": same, "rows": 66, "parallel_calls": parallel_calls}
    return _clause("augmented-rows", SHUFFLED, numbers)


def draws(
    stages: str = SHUFFLED, *, distinct: int = 32, same: int = 32, commonest: int | None = None
) -> Clause:
    """What the augmentation makes of one row that is given to it 32 times, in two passes."""
    commonest = commonest or 33 - distinct
    numbers = {"draws": 32, "distinct": distinct, "commonest": commonest, "same": same}
    return _clause("augment-draws", stages, numbers)


def orders(
    stages: str, same: int, epochs: int = 3, *, items: int = 100, buffer: int = 100, reshuffle=True
) -> Clause:
    """In how many epochs the rows came in one order."""
    numbers = {"epochs": epochs, "same": same, "items": items, "buffer": buffer}
    return _clause("orders", stages, {**numbers, "reshuffle": int(reshuffle)})


def _clause(code: str, stages: str, numbers: dict[str, int]) -> Clause:
    counted = {name: count(each) for name, each in numbers.items()}
    return Clause(code, words={"stages": stages}, numbers=counted)
