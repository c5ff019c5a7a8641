"""What a sweep set out to do, and under what: written before its first run, to be resumed from."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from runner.config.compose import ComposedConfiguration
from runner.config.nodes import diff_configs, to_plain, without_hydra
from runner.errors import ConfigError
from runner.plan.jobs import PlannedJob
from runner.plan.schedule import Run
from runner.record import provenance
from runner.record.fields import build
from runner.record.store import checksum_of, write_atomically
from runner.trust.command_line import split_override

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
    runs: list[Run]
    """In the order in which they run."""
    provenance: dict[str, str | None]
    """Source revision, versions and flags."""
    files: dict[str, str]
    """Path to digest of local code and of the files that configs name."""


def describe_plan(
    jobs: Sequence[PlannedJob],
    configurations: Sequence[ComposedConfiguration],
    overrides: Sequence[str],
) -> Manifest:
    """Put together what a sweep is about to do.

    Args:
        jobs: in the order in which they run.
        configurations: of the jobs.
        overrides: of the task, as typed.
    """
    return Manifest(
        command=sys.argv[1:],
        overrides=list(overrides),
        started_in=str(Path.cwd()),
        combinations=without_resuming(configurations),
        configurations=[each.id for each in configurations],
        configs=[to_plain(each.cfg) for each in configurations],
        runs=[job.run for job in jobs],
        provenance=provenance.describe_provenance(),
        files=provenance.local_files(_values(configurations)),
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
    damaged = ConfigError("resume", "its plan is damaged, or of another version", path)
    if version != FORMAT or not sealed:
        raise damaged
    try:
        return build(Manifest, body)
    except ValueError:
        raise damaged from None


def find_changes(manifest: Manifest, configurations: Sequence[ComposedConfiguration]) -> list[str]:
    """Say what is not as it was when the sweep was planned, a line each; empty: nothing.

    Keys that change no output are left out.
    """
    if without_resuming(configurations) != manifest.combinations:
        return ["the overrides are others: it was planned as " + " ".join(manifest.command)]
    changes: dict[str, None] = {}
    for each, before in zip(configurations, manifest.configs, strict=True):
        for key, (old, new) in diff_configs(before, to_plain(each.cfg)).items():
            if key not in FREE:
                changes[f"{key}: was {_short(old)}, is {_short(new)}"] = None
    for path in find_changed_files(manifest, configurations):
        changes[f"{path} is another file"] = None
    now = provenance.describe_provenance()
    for name, (old, new) in diff_configs(manifest.provenance, now).items():
        changes[f"{name}: was {_short(old)}, is {_short(new)}"] = None
    return list(changes)


def find_changed_files(
    manifest: Manifest, configurations: Sequence[ComposedConfiguration]
) -> list[str]:
    """Find local code and files named by configs that are not as when the sweep was planned."""
    return list(diff_configs(manifest.files, provenance.local_files(_values(configurations))))


def without_resuming(configurations: Sequence[ComposedConfiguration]) -> list[list[str]]:
    """The overrides of each configuration, but for those of RESUMING."""
    return [
        [text for text in each.overrides if split_override(text)[0] not in RESUMING]
        for each in configurations
    ]


def _values(configurations: Sequence[ComposedConfiguration]) -> Iterator[Any]:
    """Every value of the configs, interpolations resolved."""
    for each in configurations:
        yield from _leaves(OmegaConf.to_container(without_hydra(each.cfg), resolve=True))


def _leaves(node: Any) -> Iterator[Any]:
    if isinstance(node, dict | list):
        for item in node.values() if isinstance(node, dict) else node:
            yield from _leaves(item)
    else:
        yield node


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
