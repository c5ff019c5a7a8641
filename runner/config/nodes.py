"""Operations on composed configs: conversion to dataclasses and plain values, ids, differences."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict

from runner.config.schema import RUN_KEYS, SWEEP_KEYS, Config, Strategy, later_defaults


def to_dataclass(cfg: DictConfig) -> Config:
    """Return a config as dataclasses, with interpolations resolved and without Hydra's node."""
    config = OmegaConf.to_object(without_hydra(cfg))
    assert isinstance(config, Config)
    return config


def without_hydra(cfg: DictConfig) -> DictConfig:
    """Return a config without Hydra's node, whose interpolations only resolve inside a job.

    The result is a copy, or the config itself if it has no such node.
    """
    if "hydra" not in cfg:
        return cfg
    bare = copy.deepcopy(cfg)
    with open_dict(bare):
        del bare["hydra"]
    return bare


def list_overrides(hydra: Any) -> list[str]:
    """Return the overrides of the task in Hydra's node, as they were typed.

    Read from the node one by one they would be resolved, and values of the environment with them.
    """
    typed = OmegaConf.to_container(hydra.overrides.task, resolve=False)
    return [str(each) for each in typed or ()]


def is_runner_config(cfg: DictConfig) -> bool:
    """Return whether a composed config has our schema; the plugins serve any Hydra application."""
    return OmegaConf.get_type(cfg) is Config


def to_values(bare: DictConfig) -> dict[str, Any]:
    """Return a config without Hydra's node as plain values, with interpolations resolved."""
    values = OmegaConf.to_container(bare, resolve=True, enum_to_str=True)
    assert isinstance(values, dict)
    return {str(key): value for key, value in values.items()}


def configuration_id(cfg: DictConfig) -> str:
    """Return the id of a configuration, 12 hexadecimal digits."""
    return identify_values(to_values(without_hydra(cfg)))


def identify_values(values: Mapping[str, Any]) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of a config's resolved content.

    RUN_KEYS, SWEEP_KEYS and drawn seeds are left out. All runs of a configuration therefore share
    one id, also in sweeps that repeat it a different number of times. Fields that the schema got
    later are left out at their defaults, so that configurations without them keep their ids.

    Args:
        values: what `to_values` returned; not changed.
    """
    dropped = {*SWEEP_KEYS, *RUN_KEYS}
    content = {key: value for key, value in values.items() if key not in dropped}
    if content["seed"]["strategy"] == Strategy.random.name:
        content["seed"] = {**content["seed"], "value": None}
    text = json.dumps(without_later_defaults(content), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _without(node: dict[Any, Any], path: list[str], value: Any) -> dict[Any, Any]:
    """Return a node without the key at a path if it has a value, and without what this empties.

    The node is not changed, and all that is not on the path is shared.
    """
    name, *below = path
    inner = node.get(name)
    if below and isinstance(inner, dict):
        inner = _without(inner, below, value)
    if inner == ({} if below else value):
        return {key: kept for key, kept in node.items() if key != name}
    return node if inner is node.get(name) else {**node, name: inner}


def without_later_defaults(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain values without the fields that the schema got later, where at their defaults.

    So a config that was kept before is equal to the same one of today.
    """
    bare: dict[str, Any] = dict(config)
    for key, default in later_defaults().items():
        bare = _without(bare, key.split("."), default)
    return bare


def with_later_defaults(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return a flat config with the fields that `flatten` left out, at their defaults.

    Args:
        flat: dotted key to value; of an application with another schema it is returned unchanged.
    """
    ours = "data.split.test_fraction" in flat
    return {**(later_defaults() if ours else {}), **flat}


def apply_values(config: DictConfig, values: Mapping[str, Any]) -> None:
    """Set the values of one run in a composed config, in place.

    Args:
        config: the composed config, which is changed.
        values: dotted key to value; the node that holds a key must exist, the key itself need not.
    """
    # The loop gives what OmegaConf.update gives for each key, at a tenth of its cost.
    with open_dict(config):
        for key, value in values.items():
            above, _, name = key.rpartition(".")
            node = config
            for part in above.split(".") if above else ():
                node = node[part]
            node[name] = value


def diff_configs(
    before: Mapping[str, Any], after: Mapping[str, Any], prefix: str = ""
) -> dict[str, tuple[Any, Any]]:
    """Return the values that differ between two nested mappings.

    Args:
        before: the first mapping.
        after: the second mapping.
        prefix: text put before every key, such as `train.`.

    Returns:
        Dotted key to (value before, value after); None stands for a key that is missing.
    """
    differences: dict[str, tuple[Any, Any]] = {}
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            differences |= diff_configs(old, new, f"{prefix}{name}.")
        elif old != new:
            differences[f"{prefix}{name}"] = (old, new)
    return differences


def to_plain(cfg: DictConfig, dropped: Collection[str] = RUN_KEYS) -> dict[str, Any]:
    """Return a config as plain values, without Hydra's node and without the `dropped` keys.

    Interpolations stay unresolved, as their values may be secrets.
    """
    kept = [str(key) for key in cfg if key != "hydra"]
    content = OmegaConf.to_container(
        OmegaConf.masked_copy(cfg, kept), resolve=False, enum_to_str=True
    )
    assert isinstance(content, dict)
    return to_json({str(key): value for key, value in content.items()}, dropped)


def to_json(written: Mapping[str, Any], dropped: Collection[str] = RUN_KEYS) -> dict[str, Any]:
    """Return a plain config in the form that it has when it is read back from a JSON file.

    Args:
        written: the config as plain values, without Hydra's node.
        dropped: keys that are left out.
    """
    kept = {key: value for key, value in written.items() if key not in dropped}
    plain: dict[str, Any] = json.loads(json.dumps(kept, default=str))
    return plain


def flatten(config: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten a plan's config to dotted key and value, sorted by key.

    SWEEP_KEYS are left out, as in `configuration_id`, and so are fields that the schema got later
    where they are at their defaults. Lists stay whole, and an empty mapping is a value.
    """
    flat = dict(_walk(without_later_defaults(config)))
    return {key: flat[key] for key in sorted(flat) if key.split(".")[0] not in SWEEP_KEYS}


def _walk(node: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in node.items():
        if isinstance(value, Mapping) and value:
            yield from _walk(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
