"""Nests: values in dictionaries, tuples and lists, as models take several inputs or targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Nest = Any
"""One leaf, or a dictionary, tuple or list of nests."""


def map_nest(function: Callable[[Any], Any], nest: Nest) -> Nest:
    """Return the nest with the function applied to each leaf; keys are sorted, lists are tuples.

    TensorFlow would make one tensor of a list, and Keras takes either for several inputs.
    """
    if isinstance(nest, dict):
        return {key: map_nest(function, nest[key]) for key in sorted(nest)}
    if isinstance(nest, tuple | list):
        return tuple(map_nest(function, each) for each in nest)
    return function(nest)


def leaves(nest: Nest) -> list[Any]:
    """Return the leaves, in the order of Keras: that of sorted names and of places."""
    return [leaf for _, leaf in named_leaves(nest)]


def named_leaves(nest: Nest, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (name, leaf), such as `image` or `pair/0`; the name of a single leaf is empty."""
    if isinstance(nest, dict):
        for key in sorted(nest):
            yield from named_leaves(nest[key], f"{prefix}/{key}" if prefix else str(key))
    elif isinstance(nest, tuple | list):
        for index, each in enumerate(nest):
            yield from named_leaves(each, f"{prefix}/{index}" if prefix else str(index))
    else:
        yield prefix, nest
