"""What Hydra wrote beside runs: their configs, and the command lines that they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from runner.record import MULTIRUN
from runner.schema import CONF, RUN_KEYS, SWEEP_KEYS, Strategy

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

OVERRIDES = Path(".hydra", "overrides.yaml")
CONFIG = Path(".hydra", "config.yaml")

GIVEN = ("hydra.mode", "hydra.sweep.dir", "hydra.run.dir")
"""Overrides of Hydra's that a sweep gets anew each time."""


@dataclass(frozen=True)
class Command:
    """The command line of a sweep."""

    overrides: tuple[str, ...]
    """As typed, Hydra's own included, without where the sweep goes."""
    config_name: str
    config_path: str | None
    """None: the shipped configs."""
    config_dir: str | None
    """What --config-dir said, as an absolute path."""


def key_of(override: str) -> str:
    """`model` of `+model@other=mlp`."""
    return override.partition("=")[0].lstrip("+~").partition("@")[0]


def read_overrides(run: Path) -> tuple[str, ...] | None:
    """The overrides that a run was composed from, as Hydra parses them; None: not kept."""
    content = _read(run / OVERRIDES)
    return tuple(map(str, content)) if isinstance(content, list) else None


def split_overrides(
    overrides: tuple[str, ...], strategy: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The overrides of a run that say what its configuration is, and those on the whole sweep.

    What tells the runs of a configuration apart, such as a drawn seed, is in neither.
    """
    given = {*RUN_KEYS} | ({"seed.value"} if strategy == Strategy.random.name else set())
    ours = [each for each in overrides if key_of(each) not in given]
    swept = [each for each in ours if key_of(each).split(".")[0] in SWEEP_KEYS]
    return tuple(each for each in ours if each not in swept), tuple(swept)


def read_config(run: Path) -> dict[str, Any] | None:
    """What makes a run's configuration: dotted key to value, interpolations resolved.

    As in `configuration_id`, how often and where it runs and drawn seeds are left out. None: the
    file is not there, or cannot be read.
    """
    try:
        loaded = OmegaConf.load(run / CONFIG)
    except (OSError, yaml.YAMLError, OmegaConfBaseException):
        return None
    try:
        content = OmegaConf.to_container(loaded, resolve=True)
    except OmegaConfBaseException:
        # Hydra's own resolvers mean something inside a job only.
        content = OmegaConf.to_container(loaded, resolve=False)
    if not isinstance(content, dict):
        return None
    found = {str(k): v for k, v in content.items() if k not in (*SWEEP_KEYS, *RUN_KEYS)}
    flat = _flatten(found)
    if flat.get("seed.strategy") == Strategy.random.name:
        flat["seed.value"] = None
    return flat


def read_replicates(run: Path) -> tuple[int, int] | None:
    """How many replicates and replays the config of a run asked for; None: not known."""
    content = _read(run / CONFIG)
    if not isinstance(content, dict):
        return None
    replicates, replays = content.get("replicates"), content.get("replays")
    if not isinstance(replicates, int) or not isinstance(replays, int):
        return None
    return replicates, replays


def read_command(sweep: Path) -> Command | None:
    """The command line of a sweep; None where Hydra's file is not there or not known."""
    content = _read(sweep / MULTIRUN)
    try:
        hydra = content["hydra"]
        typed = [*hydra["overrides"]["task"], *hydra["overrides"]["hydra"]]
        files = [each for each in hydra["runtime"]["config_sources"] if each["schema"] == "file"]
        paths = {each["provider"]: str(each["path"]) for each in files}
        name = str(hydra["job"]["config_name"])
    except (KeyError, TypeError, IndexError):
        return None
    main = paths.get("main")
    return Command(
        overrides=tuple(str(each) for each in typed if key_of(str(each)) not in GIVEN),
        config_name=name,
        config_path=None if main is None or Path(main) == CONF else main,
        config_dir=paths.get("command-line"),
    )


def _flatten(node: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted key to value; lists stay whole, and so do empty mappings."""
    flat: dict[str, Any] = {}
    for name, value in node.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and value:
            flat |= _flatten(value, f"{key}.")
        else:
            flat[key] = value
    return flat


def _read(path: Path) -> Any:
    try:
        return yaml.load(path.read_bytes(), Loader=LOADER)
    except (OSError, yaml.YAMLError):
        return None
