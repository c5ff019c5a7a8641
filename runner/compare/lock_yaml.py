"""Writes a lock as YAML to commit, and reads it back; the same sweep gives the same text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from runner.compare.lock import Lock, Locked, from_shell, to_shell
from runner.compare.row_sets import RowSet
from runner.compare.snapshot import (
    Configuration,
    LockedRun,
    Snapshot,
    read_snapshot,
    shorten_record,
)
from runner.config.overrides import describe_overrides
from runner.errors import ConfigError, RunnerError
from runner.numeric.bitwise import Tolerance
from runner.numeric.verdicts import State, Verdict
from runner.record.reader import content_of, seed_key
from runner.record.record import Comparing, ConfigurationRecord, RunRecord
from runner.trust.sizes import LOADER, MAX_LOCK_BYTES, MAX_LOCK_VALUES, check_yaml

FORMAT = 1
"""Version of the format, raised only when older readers would misread a lock."""

HEADER = "# What a sweep measured. To measure it again and compare: python -m runner check\n"

WIDTH = 100
"""The number of characters after which a collection on one line is wrapped."""


def format_lock(lock: Lock) -> str:
    """Write a lock as YAML."""
    configs = [each.measured.config for each in lock.configurations]
    shared = _find_shared(configs)
    environment = {
        key: values[0] if len(values) == 1 else list(values)
        for key, values in lock.environment.items()
    }
    about = {"format": FORMAT, "runner": lock.version, "command": to_shell(lock.command)}
    parts = (
        _dump(about, by_line=True),
        _dump({"environment": environment}, by_line=True),
        _dump({"config": shared}),
        _dump({"configurations": [_plain(each, shared) for each in lock.configurations]}),
    )
    return HEADER + "".join(parts)


def read_lock(path: Path) -> Lock:
    """Read a lock.

    Raises:
        ConfigError: the file is missing, unreadable, not a lock, or of another format.
    """
    key = str(path)
    try:
        check_yaml(path, MAX_LOCK_BYTES, MAX_LOCK_VALUES, config=False)
        text = path.read_text("utf-8")
        content = yaml.load(text, Loader=LOADER)
        lines = _find_lines(yaml.compose(text, Loader=LOADER))
    except FileNotFoundError:
        hint = "`python -m runner lock DIR` writes one"
        raise ConfigError(key, "no such file", None, hint) from None
    except OSError as error:
        raise ConfigError(key, f"cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ConfigError(key, "is not valid YAML") from None
    if not isinstance(content, dict) or "format" not in content:
        raise ConfigError(key, "is not a lock, which `python -m runner lock DIR` writes")
    if content["format"] != FORMAT:
        raise ConfigError(key, f"must be of format {FORMAT}, which is read here", content["format"])
    try:
        return _build(content, lines)
    except KeyError as error:
        raise ConfigError(key, f"lacks the key {error}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigError(key, f"cannot be read as a lock ({error})") from None


def read_side(path: Path) -> Snapshot:
    """Read a snapshot from the directory of a sweep or from a lock.

    Raises:
        RunnerError: the path is neither.
    """
    if path.is_file():
        return read_lock(path).snapshot(str(path))
    if not path.exists():
        raise RunnerError(f"{path}: no such file or directory")
    return read_snapshot(path)


def _dump(content: dict[str, Any], by_line: bool = False) -> str:
    """Return a mapping as YAML.

    Args:
        content: the mapping.
        by_line: whether each scalar has a line of its own; if not, a collection of scalars is on
            one line, wrapped at WIDTH.
    """
    text: str = yaml.safe_dump(
        content,
        default_flow_style=False if by_line else None,
        sort_keys=False,
        width=float("inf") if by_line else WIDTH,
        allow_unicode=True,
    )
    return text


def _find_shared(configs: Sequence[dict[str, Any] | None]) -> dict[str, Any]:
    """Return the keys that all configs have with one value; empty if a config was not kept."""
    first, *others = configs
    if first is None or None in others:
        return {}
    return {
        key: value
        for key, value in sorted(first.items())
        if all(key in (each or {}) and repr((each or {})[key]) == repr(value) for each in others)
    }


def _plain(locked: Locked, shared: Mapping[str, Any]) -> dict[str, Any]:
    measured = locked.measured
    content: dict[str, Any] = {
        "overrides": list(locked.combination),
        "strategy": locked.strategy,
        "configuration": measured.id,
        "verdict": str(measured.verdict),
        "axes": {name: str(state) for name, state in measured.axes.items()},
        "replicates": locked.replicates,
        "replays": locked.replays,
        "compare": {
            "rtol": measured.tolerance.rtol,
            "atol": measured.tolerance.atol,
            "confidence": measured.confidence,
        },
        "metrics": {name: list(values) for name, values in measured.metrics.items()},
    }
    if measured.config is not None:
        own = {k: v for k, v in sorted(measured.config.items()) if k not in shared}
        content["config"] = own
    content["runs"] = [_plain_runs(same) for same in _group_copies(measured)]
    return content


def _group_copies(measured: Configuration) -> list[list[RunRecord]]:
    """Group the runs, replays included, that have equal seeds and are the same.

    Runs without recorded seeds are kept only if all are the same, as otherwise they show chance.
    """
    groups: dict[tuple[str | None, str], list[RunRecord]] = {}
    for ran in sorted(measured.runs, key=lambda ran: ran.record.replicate):
        record = shorten_record(ran.record)
        if record.seeds or measured.axes["runs"] is State.SAME:
            key = (seed_key(record.seeds), content_of(record))
            groups.setdefault(key, []).append(record)
    return list(groups.values())


def _plain_runs(same: Sequence[RunRecord]) -> dict[str, Any]:
    content: dict[str, Any] = {
        "seeds": same[0].seeds,
        "replicates": [each.replicate for each in same if each.replay_of is None],
    }
    if replays := [each.replicate for each in same if each.replay_of is not None]:
        content["replays"] = replays
    content["digest"] = same[0].digest
    content["metrics"] = same[0].metrics
    content["stages"] = same[0].fingerprints
    if (found := RowSet.of(same[0])) is not None:
        content["rows"] = {"count": found.rows, "digest": found.digest}
    return content


def _build(content: Mapping[str, Any], lines: Sequence[int]) -> Lock:
    shared = content["config"]
    return Lock(
        version=content["runner"],
        command=from_shell(content["command"]),
        environment={
            key: tuple(value) if isinstance(value, list) else (value,)
            for key, value in content["environment"].items()
        },
        configurations=tuple(
            _build_locked(each, shared, line)
            for each, line in zip(content["configurations"], lines, strict=True)
        ),
    )


def _build_locked(content: Mapping[str, Any], shared: Mapping[str, Any], line: int) -> Locked:
    compare = content["compare"]
    overrides = describe_overrides(content["overrides"], content["strategy"])
    measured = Configuration(
        id=content["configuration"],
        overrides=overrides,
        verdict=Verdict(content["verdict"]),
        axes={name: State(state) for name, state in content["axes"].items()},
        runs=tuple(_build_runs(content, overrides)),
        succeeded=content["replicates"],
        failed=0,
        metrics={name: tuple(values) for name, values in content["metrics"].items()},
        config={**shared, **content["config"]} if "config" in content else None,
        tolerance=Tolerance(compare["rtol"], compare["atol"]),
        confidence=compare["confidence"],
    )
    return Locked(
        measured=measured,
        combination=tuple(content["overrides"]),
        strategy=content["strategy"],
        replicates=content["replicates"],
        replays=content["replays"],
        line=line,
    )


def _build_runs(content: Mapping[str, Any], overrides: dict[str, str]) -> Iterator[LockedRun]:
    configuration = ConfigurationRecord(
        id=content["configuration"],
        overrides=overrides,
        strategy=content["strategy"],
        compare=Comparing(**content["compare"]),
    )
    for same in content["runs"]:
        rows = same.get("rows")
        facts = [RowSet(str(rows["digest"]), int(rows["count"])).fact] if rows else []
        indices: list[tuple[int, int | None]] = [(each, None) for each in same["replicates"]]
        indices += [(each, 0) for each in same.get("replays", ())]
        for replicate, replay_of in indices:
            record = RunRecord(
                configuration=configuration,
                job=0,
                replicate=replicate,
                replay_of=replay_of,
                status="ok",
                seeds=same["seeds"],
                metrics=same["metrics"],
                fingerprints=same["stages"],
                digest=same["digest"],
                facts=facts,
            )
            yield LockedRun(record, None)


def _find_lines(root: yaml.Node | None) -> list[int]:
    """Return the line, from 1, at which each configuration begins."""
    for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value == "configurations" and isinstance(value, yaml.SequenceNode):
            return [item.start_mark.line + 1 for item in value.value]
    return []
