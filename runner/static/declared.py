"""What a config declares with `_target_`, and what the names say without an import."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

STOCHASTIC_LAYERS = ("Dropout", "GaussianNoise", "RandAugment", "AugMix", "MixUp", "CutMix")
"""Parts of the names of Keras layers that draw random numbers in training; and `Random...`."""

STRENGTHS = ("rate", "stddev")
"""Arguments of layers that draw nothing that shows where they are 0."""

LIBRARIES = ("keras", "tensorflow", "tf_keras")
"""Packages whose random callables are known by name; of others every one may be random."""

SEEDS = ("seed", "random_state")
"""Names of the arguments that take a seed, alone or after an underscore."""


@dataclass(frozen=True)
class Declared:
    """One callable and its arguments."""

    key: str
    """Dotted, such as `model.layers[1]`."""
    target: str
    arguments: dict[str, Any]
    """By name; nested callables are dictionaries in it."""

    @property
    def name(self) -> str:
        """The callable's own name, such as `Dense`."""
        return self.target.rpartition(".")[2]

    @property
    def package(self) -> str:
        """The package that it comes from, such as `keras`."""
        return self.target.partition(".")[0]

    @property
    def is_stochastic_layer(self) -> bool:
        """Whether it is a Keras layer whose random numbers show in training."""
        if any(self.arguments.get(name, 1) == 0 for name in STRENGTHS):
            return False
        if any(part in self.name for part in STOCHASTIC_LAYERS):
            return True
        if any(self.arguments.get(name) for name in ("dropout", "recurrent_dropout")):
            return True
        return self.name.startswith("Random") and ".layers." in self.target

    @property
    def is_initializer(self) -> bool:
        """Whether it is one of Keras's initializers."""
        return ".initializers." in self.target

    @property
    def may_be_random(self) -> bool:
        """Whether it draws random numbers, or is code of which that is not known."""
        if self.package not in LIBRARIES:
            return True
        return self.is_stochastic_layer or self.name.startswith("random_")


def find_declared(node: Any, key: str) -> Iterator[Declared]:
    """Yield every callable under a node of a config, outermost first.

    Args:
        node: plain dictionaries, lists and values.
        key: the node's own dotted key.
    """
    if isinstance(node, dict):
        if isinstance(node.get("_target_"), str):
            arguments = {str(k): v for k, v in node.items() if k != "_target_"}
            yield Declared(key, node["_target_"], arguments)
        for name, value in node.items():
            yield from find_declared(value, f"{key}.{name}")
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from find_declared(item, f"{key}[{index}]")


def name_of(value: Any) -> str:
    """The own name of a function or object that an argument gives by name or by `_target_`."""
    if isinstance(value, dict):
        value = value.get("_target_")
    return value.rpartition(".")[2] if isinstance(value, str) else ""


def is_seed(name: str) -> bool:
    """Whether an argument or key of that name takes a seed."""
    return any(name == each or name.endswith(f"_{each}") for each in SEEDS)


def select(node: Any, path: Sequence[str | int]) -> Any:
    """What stands at a path of names and indices, or None."""
    for step in path:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return None
    return node


def split_key(key: str) -> list[str | int]:
    """Names and indices of a dotted key: `layers[1].units` is layers, 1, units."""
    parts = key.replace("[", ".[").split(".")
    return [int(part[1:-1]) if part.startswith("[") else part for part in parts]
