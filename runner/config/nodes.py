"""Operations on composed configs: as dataclasses, as plain values, their ids and differences."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict

from runner.config.schema import RUN_KEYS, SWEEP_KEYS, Config, Strategy


def to_dataclass(cfg: DictConfig) -> Config:
    """The config as dataclasses, interpolations resolved, without Hydra's own node."""
    made = OmegaConf.to_object(without_hydra(cfg))
    assert isinstance(made, Config)
    return made


def without_hydra(cfg: DictConfig) -> DictConfig:
    """A copy without Hydra's own node, which holds interpolations that only a job resolves."""
    if "hydra" not in cfg:
        return cfg
    bare = copy.deepcopy(cfg)
    with open_dict(bare):
        del bare["hydra"]
    return bare


def is_runner_config(cfg: DictConfig) -> bool:
    """Whether a composed config is one of ours (the plugins serve any Hydra application)."""
    return OmegaConf.get_type(cfg) is Config


def configuration_id(cfg: DictConfig) -> str:
    """Digest of a configuration's resolved content: 12 hexadecimal digits.

    Replicate, drawn seeds and everything in SWEEP_KEYS stay out of it, so that all runs of a
    configuration share the id, and so do two sweeps that repeat it differently often.
    """
    content = OmegaConf.to_container(without_hydra(cfg), resolve=True, enum_to_str=True)
    assert isinstance(content, dict)
    for key in (*SWEEP_KEYS, *RUN_KEYS):
        content.pop(key, None)
    if content["seed"]["strategy"] == Strategy.random.name:
        content["seed"]["value"] = None
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def apply_values(config: DictConfig, values: Mapping[str, Any]) -> None:
    """Turn a composed configuration into one of its runs, in place."""
    # What OmegaConf.update does for each key, at a tenth of its cost.
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
    """Dotted key to both values, where they differ; None stands for what is not there."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found |= diff_configs(old, new, f"{prefix}{name}.")
        elif old != new:
            found[f"{prefix}{name}"] = (old, new)
    return found


def to_plain(cfg: DictConfig) -> dict[str, Any]:
    """A config as plain values, interpolations unresolved: what they name may be a secret."""
    content = OmegaConf.to_container(without_hydra(cfg), resolve=False, enum_to_str=True)
    assert isinstance(content, dict)
    # As JSON has it, to be compared with what was read.
    return {
        str(key): json.loads(json.dumps(value, default=str))
        for key, value in content.items()
        if key not in RUN_KEYS
    }


def flatten(config: Mapping[str, Any]) -> dict[str, Any]:
    """What makes a configuration, of a plan's config: dotted key to value.

    As in `configuration_id`, how often and where it runs is left out. Lists stay whole.
    """
    flat = dict(_walk(config))
    return {key: flat[key] for key in sorted(flat) if key.split(".")[0] not in SWEEP_KEYS}


def _walk(node: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in node.items():
        if isinstance(value, Mapping) and value:
            yield from _walk(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
