"""Which sources are said to be drawn anew, in each run and in each build."""

from __future__ import annotations

import pytest
from configs import AUGMENTED, DROPPING, NOISE, PINNED, YOURS, subject

from runner.config.schema import Kind
from runner.static.draws import list_drawn

RANDOM = {"strategy": "random", "value": None}
UNSET = {"strategy": "unset", "value": None}
FIXED = {"strategy": "fixed", "value": 42}


def derived(*vary):
    return {"strategy": "derived", "value": 0, "vary": list(vary)}


CASES = {
    "random": ({"seed": RANDOM}, ["init", "order"], ["init", "order"]),
    "unset": ({"seed": UNSET}, ["init", "order"], ["init", "order"]),
    "fixed": ({"seed": FIXED}, [], ["init", "order"]),
    "each build": ({"seed": {**FIXED, "scope": "build"}}, [], []),
    "derived": ({"seed": derived("order")}, ["order"], ["init", "order"]),
    "pinned": ({"seed": RANDOM, "model": PINNED}, ["order"], ["order"]),
    "shuffle off": (
        {"seed": RANDOM, "model": PINNED, "shuffle": {"enabled": False}}, [], [],
    ),
    "dropout": (
        {"seed": RANDOM, "model": DROPPING},
        ["init", "order", "dropout"],
        ["init", "order", "dropout"],
    ),
    "split": (
        {"seed": RANDOM, "data": {"split": {"seed": None}}},
        ["split", "init", "order"],
        ["init", "order"],
    ),
    "a bootstrap": (
        {"seed": UNSET, "data": {"resample": {"bootstrap": True, "seed": None}}},
        ["split", "init", "order"],
        ["init", "order"],
    ),
    "a bootstrap with a seed": (
        {"seed": UNSET, "data": {"resample": {"bootstrap": True}}},
        ["init", "order"],
        ["init", "order"],
    ),
    "noise of the last rows": (
        {"seed": RANDOM, "data": {"label_noise": 0.1, "split": {"by": "time", "seed": None}}},
        ["init", "order"],
        ["init", "order"],
    ),
    # A stateful operation in a map draws the same in each build.
    "augment": (
        {"seed": RANDOM, "train": {"pipeline": AUGMENTED, "augment": {"function": NOISE}}},
        ["init", "order", "augment"],
        ["init", "order"],
    ),
    "a model of yours": ({"seed": RANDOM, "model": {"_target_": "my.model"}}, ["order"], ["order"]),
    # It may seed generators, which is what a rule looks for.
    "a source of yours": (
        {"seed": UNSET, "data": {"source": YOURS}}, ["init", "order"], ["init", "order"],
    ),
    "a function": ({"seed": RANDOM, "task": {"kind": Kind.function, "function": "my.f"}}, [], []),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "runs", "builds"), CASES.values(), ids=CASES)
def test_what_is_drawn_anew(changes, runs, builds):
    drawn = list_drawn(subject(**changes))
    assert (drawn.get("runs", []), drawn.get("builds", [])) == (runs, builds)


@pytest.mark.parametrize(
    ("changes", "unknown"),
    [
        ({"model": PINNED}, []),
        ({"model": PINNED, "data": {"source": YOURS}}, ["data"]),
        ({"model": {"_target_": "my.model"}}, ["init"]),
    ],
)
def test_what_nobody_can_tell(changes, unknown):
    assert list_drawn(subject(seed=RANDOM, **changes))["unknown"] == unknown
