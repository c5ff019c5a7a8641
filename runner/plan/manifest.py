"""The plan of a sweep and its environment, written before the first run, for resuming it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from runner.config.compose import ComposedConfiguration
from runner.config.nodes import diff_configs, to_json, without_later_defaults
from runner.errors import ConfigError
from runner.plan.jobs import PlannedJob
from runner.plan.schedule import Run
from runner.record.fields import build
from runner.record.store import checksum_of, write_atomically
from runner.record.surroundings import provenance
from runner.record.surroundings.planned import MANIFEST as MANIFEST
from runner.trust.command_line import split_override

FORMAT = 2
"""Version of the file's format; other versions are refused."""

RESUME_KEYS = ("resume", "accept_change")
"""Keys that are given only to resume a sweep."""

OUTPUT_NEUTRAL_KEYS = (
    *RESUME_KEYS, "stop_at", "workers", "runs_per_gpu", "timeout_s", "memory_limit_bytes", "retries"
)  # fmt: skip
"""Keys whose values may differ when a sweep is resumed, as they do not affect any output."""


@dataclass(frozen=True)
class Manifest:
    """The plan of a sweep, and what its outputs depend on."""

    command: list[str]
    """Arguments of the program, as typed."""
    overrides: list[str]
    """Overrides of the task among the arguments."""
    started_in: str
    """Absolute directory in which the sweep was started, the base of relative paths."""
    combinations: list[list[str]]
    """Overrides of each configuration, without RESUME_KEYS and `stop_at`."""
    configurations: list[str]
    """Id of each configuration."""
    configs: list[dict[str, Any]]
    """Composed config of each configuration, with interpolations as they were written."""
    runs: list[Run]
    """Planned runs, in the order in which they run."""
    provenance: dict[str, str | None]
    """Name to value of the source revision, versions and flags; None if unset or unknown."""
    files: dict[str, str]
    """Path to digest of each local code file and each file that configs name."""
    application: bool = False
    """Whether another application was swept over. Its `command` is then the whole command, empty
    if the sweep was started from Python; there are no ids and only files of code."""

    @property
    def scripts(self) -> tuple[str, ...]:
        """The files that its configurations run as scripts, each once."""
        named = (each.get("task", {}).get("script") for each in self.configs)
        return tuple(dict.fromkeys(str(each) for each in named if each))


def describe_plan(
    jobs: Sequence[PlannedJob],
    configurations: Sequence[ComposedConfiguration],
    overrides: Sequence[str],
) -> Manifest:
    """Make the manifest of a sweep that is about to start.

    Args:
        jobs: all jobs, in the order in which they run.
        configurations: configurations of the jobs.
        overrides: overrides of the task, as typed.
    """
    return Manifest(
        command=sys.argv[1:],
        overrides=list(overrides),
        started_in=str(Path.cwd()),
        combinations=without_resuming(configurations),
        configurations=[each.id for each in configurations],
        configs=[to_json(each.content.written) for each in configurations],
        runs=[job.run for job in jobs],
        provenance=provenance.describe_provenance(),
        files=provenance.local_files(_values(configurations)),
    )


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write a manifest, sealed with a checksum, into the directory of its sweep."""
    body = {"format": FORMAT, **asdict(manifest)}
    sealed = {**body, "checksum": checksum_of(body)}
    write_atomically(directory / MANIFEST, json.dumps(sealed, indent=1).encode())


def read_manifest(directory: Path) -> Manifest:
    """Read and verify the manifest in the directory of a sweep.

    Raises:
        ConfigError: there is no manifest, or it is unreadable, damaged or of another format.
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
    """Return one line for each thing that has changed since the sweep was planned.

    Values of OUTPUT_NEUTRAL_KEYS are not compared. If the overrides differ, there is only one line,
    which says so.
    """
    if without_resuming(configurations) != manifest.combinations:
        return ["the overrides are others: it was planned as " + " ".join(manifest.command)]
    changes: dict[str, None] = {}
    for configuration, before in zip(configurations, manifest.configs, strict=True):
        now_is = without_later_defaults(to_json(configuration.content.written))
        for key, (old, new) in diff_configs(without_later_defaults(before), now_is).items():
            if key not in OUTPUT_NEUTRAL_KEYS:
                changes[f"{key}: was {shorten_value(old)}, is {shorten_value(new)}"] = None
    for path in find_changed_files(manifest, configurations):
        changes[f"{path} is another file"] = None
    now = provenance.describe_provenance()
    for name, (old, new) in diff_configs(manifest.provenance, now).items():
        changes[f"{name}: was {shorten_value(old)}, is {shorten_value(new)}"] = None
    return list(changes)


def find_changed_files(
    manifest: Manifest, configurations: Sequence[ComposedConfiguration]
) -> list[str]:
    """Return the paths of local code and of files named by configs that have changed."""
    return list(diff_configs(manifest.files, provenance.local_files(_values(configurations))))


def without_resuming(configurations: Sequence[ComposedConfiguration]) -> list[list[str]]:
    """Return the overrides of each configuration, without those of RESUME_KEYS and `stop_at`.

    A sweep goes on with another `stop_at`: then runs that were ended are made whole.
    """
    left_out = (*RESUME_KEYS, "stop_at")
    return [
        [text for text in each.overrides if split_override(text)[0] not in left_out]
        for each in configurations
    ]


def _values(configurations: Sequence[ComposedConfiguration]) -> Iterator[Any]:
    """Yield every value of the configs, with interpolations resolved."""
    for configuration in configurations:
        yield from _leaves(configuration.content.values)


def _leaves(node: Any) -> Iterator[Any]:
    if isinstance(node, dict | list):
        for item in node.values() if isinstance(node, dict) else node:
            yield from _leaves(item)
    else:
        yield node


def shorten_value(value: Any) -> str:
    """Return a value as a text of at most 60 characters."""
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
