"""What a sweep set out to do, and under what: written before its first run, to be resumed from."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from runner import provenance
from runner.errors import ConfigError
from runner.plan import Run
from runner.planned import PlannedJob
from runner.record import checksum_of, find_unfit, write_atomically
from runner.schema import RUN_KEYS, configuration_id, without_hydra

MANIFEST = "plan.json"
FORMAT = 2

RESUMING = ("resume", "accept_change")
"""Keys that only resuming a sweep gives."""

FREE = (*RESUMING, "workers", "timeout_s", "memory_limit_bytes", "retries")
"""Keys that may be others when a sweep is resumed: no run gives another output for them."""


@dataclass(frozen=True)
class Manifest:
    """The plan of a sweep."""

    command: list[str]
    """Arguments of the program as typed."""
    overrides: list[str]
    """Those of them that are overrides of the task."""
    started_in: str
    """The directory that relative paths start from."""
    combinations: list[list[str]]
    """Overrides of each configuration."""
    configurations: list[str]
    """Their ids."""
    configs: list[dict[str, Any]]
    """What each was composed to, interpolations as they were written."""
    runs: list[dict[str, Any]]
    """Fields of plan.Run, in the order in which they run."""
    provenance: dict[str, str | None]
    """Source revision, versions and flags."""
    files: dict[str, str]
    """Path to digest of local code and of the files that configs name."""

    @property
    def planned(self) -> list[Run]:
        """The runs."""
        return [Run(**each) for each in self.runs]


def describe_plan(
    jobs: Sequence[PlannedJob],
    combinations: Sequence[Sequence[str]],
    composed: Sequence[DictConfig],
    overrides: Sequence[str],
) -> Manifest:
    """Put together what a sweep is about to do; see Manifest."""
    return Manifest(
        command=sys.argv[1:],
        overrides=list(overrides),
        started_in=str(Path.cwd()),
        combinations=without_resuming(combinations),
        configurations=[configuration_id(each) for each in composed],
        configs=[plain(each) for each in composed],
        runs=[asdict(job.run) for job in jobs],
        provenance=provenance.described(),
        files=provenance.local_files(_values(composed)),
    )


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write a plan into its sweep's directory."""
    body = {"format": FORMAT, **asdict(manifest)}
    sealed = {**body, "checksum": checksum_of(body)}
    write_atomically(directory / MANIFEST, json.dumps(sealed, indent=1).encode())


def read_manifest(directory: Path) -> Manifest:
    """Read and verify the plan of a sweep.

    Raises:
        ConfigError: there is none, or it is damaged or of a newer format.
    """
    path = directory / MANIFEST
    try:
        body = json.loads(path.read_bytes())
        seal = body.pop("checksum")
        version = body.pop("format")
    except FileNotFoundError:
        rule = "is not a sweep that was planned" if directory.is_dir() else "no such directory"
        raise ConfigError("resume", rule, directory) from None
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise ConfigError("resume", f"its plan cannot be read ({error})", path) from None
    sealed = seal == checksum_of({"format": version, **body})
    if version != FORMAT or not sealed or find_unfit(Manifest, body):
        raise ConfigError("resume", "its plan is damaged, or of another version", path)
    return Manifest(**body)


def find_changes(
    manifest: Manifest, combinations: Sequence[Sequence[str]], composed: Sequence[DictConfig]
) -> list[str]:
    """What is not as it was when the sweep was planned, a line each; empty: nothing.

    Keys that change no output are left out.
    """
    if without_resuming(combinations) != manifest.combinations:
        return ["the overrides are others: " + _shown(manifest.command)]
    changes: dict[str, None] = {}
    for cfg, before in zip(composed, manifest.configs, strict=True):
        for key, (old, new) in differences(before, plain(cfg)).items():
            if key not in FREE:
                changes[f"{key}: was {_short(old)}, is {_short(new)}"] = None
    for path in find_changed_files(manifest, composed):
        changes[f"{path} is another file"] = None
    now = provenance.described()
    for name, (old, new) in differences(manifest.provenance, now).items():
        changes[f"{name}: was {_short(old)}, is {_short(new)}"] = None
    return list(changes)


def find_changed_files(manifest: Manifest, composed: Sequence[DictConfig]) -> list[str]:
    """Paths of local code and of files that configs name that are not as when it was planned."""
    return list(differences(manifest.files, provenance.local_files(_values(composed))))


def without_resuming(combinations: Sequence[Sequence[str]]) -> list[list[str]]:
    """The overrides of each configuration, but for those of RESUMING."""
    return [
        [each for each in one if each.partition("=")[0].lstrip("+") not in RESUMING]
        for one in combinations
    ]


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], prefix: str = ""
) -> dict[str, tuple[Any, Any]]:
    """Dotted key to both values, where they differ; None stands for what is not there."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found |= differences(old, new, f"{prefix}{name}.")
        elif old != new:
            found[f"{prefix}{name}"] = (old, new)
    return found


def plain(cfg: DictConfig) -> dict[str, Any]:
    """A config as plain values, interpolations unresolved: what they name may be a secret."""
    content = OmegaConf.to_container(without_hydra(cfg), resolve=False, enum_to_str=True)
    assert isinstance(content, dict)
    # As JSON has it, to be compared with what was read.
    return {
        str(key): json.loads(json.dumps(value, default=str))
        for key, value in content.items()
        if key not in RUN_KEYS
    }


def _values(composed: Sequence[DictConfig]) -> Iterator[Any]:
    """Every value of the configs, interpolations resolved."""
    for each in composed:
        yield from _leaves(OmegaConf.to_container(without_hydra(each), resolve=True))


def _leaves(node: Any) -> Iterator[Any]:
    if isinstance(node, dict | list):
        for item in node.values() if isinstance(node, dict) else node:
            yield from _leaves(item)
    else:
        yield node


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _shown(command: Sequence[str]) -> str:
    return "it was planned as " + " ".join(command)
