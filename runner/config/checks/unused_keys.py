"""Refuses settings that the kind of task does not read, and that would silently do nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from runner.config.grids.content import Content
from runner.config.overrides import SHORT_KEYS
from runner.config.schema import Kind, Task
from runner.config.task_kinds import TASKS
from runner.errors import ConfigError
from runner.trust.command_line import split_override

DECLARED = ("model", "data", "shuffle", "train", "probe")
"""Nodes that describe a declared training; a user's own program or script is given none of them."""

REFERENCE = re.compile(r"\$\{(\.*)([\w.\-]+)")
"""The beginning of a reference to another key, with the dots of a relative one."""


def check_task_settings(content: Content) -> None:
    """Refuse settings below `task` that belong to other kinds of tasks.

    Raises:
        ConfigError: one is set, and nothing that the task reads refers to it.
    """
    task = content.typed.task
    ours, defaults = TASKS[task.kind], Task()
    known = {name for each in TASKS.values() for name in each.settings}
    given = [
        name for name in known - ours.settings if getattr(task, name) != getattr(defaults, name)
    ]
    if not given:
        return
    referred = find_referred(content)
    for name in sorted(given):
        if not _is_among(f"task.{name}", referred):
            kinds = " or ".join(kind.name for kind in Kind if name in TASKS[kind].settings)
            rule = f"is not used by task={task.kind.name}"
            value = getattr(task, name)
            shown = str(value).lower() if isinstance(value, bool) else value
            raise ConfigError(f"task.{name}", rule, shown, f"It belongs to task={kinds}")


def check_overrides(content: Content, overrides: Sequence[str]) -> None:
    """Refuse overrides of a declared training where the task is a program or script of the user's.

    A function of the user's is given the whole config, and may read any of it.

    Args:
        content: of a valid config.
        overrides: those that it was composed with, each with one value.

    Raises:
        ConfigError: an override sets what the task neither reads nor refers to.
    """
    task = content.typed.task
    kind = TASKS[task.kind]
    if kind.arguments is None:
        return
    pairs = [split_override(each) for each in overrides if not each.startswith("~")]
    given = [(key, value) for key, value in pairs if value not in ("", "null")]
    for key, value in given:
        name = re.split(r"[./]", key, maxsplit=1)[0]
        whole = SHORT_KEYS.get(key, key.replace("/", "."))
        if (name in DECLARED or key in SHORT_KEYS) and not _is_among(whole, find_referred(content)):
            only = f"task.{kind.arguments}"
            rule = f"is not used by task={task.kind.name}: your code gets {only} only"
            hint = f"Pass it on, as ${{{whole}}} in {only}"
            raise ConfigError(key, rule, value, hint if "." in key else None)


def find_referred(content: Content) -> frozenset[str]:
    """Return the keys to which what a task reads refers, directly or through other keys."""
    leaves = dict(_walk(content.written, ""))
    ours = {f"task.{name}" for name in TASKS[content.typed.task.kind].settings}
    others = {f"task.{name}" for each in TASKS.values() for name in each.settings} - ours
    unread = {*others, *DECLARED}
    pending = [key for key in leaves if not any(_holds(name, key) for name in unread)]
    found: set[str] = set()
    while pending:
        key = pending.pop()
        for dots, name in REFERENCE.findall(leaves[key]):
            # A relative reference counts for the whole node, so that none is missed.
            target = key.partition(".")[0] if dots else name
            if target not in found:
                found.add(target)
                pending += [each for each in leaves if _is_among(each, {target})]
    return frozenset(found)


def _walk(node: Any, key: str) -> Iterator[tuple[str, str]]:
    """Yield the key and the text of each value."""
    items = node.items() if isinstance(node, Mapping) else ()
    if isinstance(node, list):
        items = dict(enumerate(node)).items()
    for name, value in items:
        yield from _walk(value, f"{key}.{name}" if key else str(name))
    if not isinstance(node, Mapping | list):
        yield key, str(node)


def _holds(above: str, key: str) -> bool:
    return key == above or key.startswith(f"{above}.")


def _is_among(key: str, names: Collection[str]) -> bool:
    """Whether a key is one of these names, lies below one, or holds one."""
    return any(_holds(name, key) or _holds(key, name) for name in names)
