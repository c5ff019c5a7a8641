"""Finds where a key was set, as file and line of YAML, and which rules `# noqa` silences there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from runner.config.compose import ConfigFile
from runner.errors import ConfigError, nearest
from runner.lint.table import RULES
from runner.trust.sizes import LOADER

NOQA = re.compile(r"#\s*noqa:\s*((?:[A-Z]+\d+[\s,]*)+)", re.IGNORECASE)
"""A comment such as `# noqa: RUN201, RUN203`; any text after the codes is ignored."""

CODE_PREFIX = "RUN"
"""Prefix of all rule codes. Other codes belong to other linters."""


@dataclass(frozen=True)
class YamlPlace:
    """A file and a line that a finding points to."""

    file: Path
    line: int
    """Number of the line, from 1."""


@dataclass(frozen=True)
class Content:
    """The keys and the comments of a YAML file, by line."""

    lines: dict[str, int]
    """Dotted key, without the package, to its line."""
    choices: dict[str, int]
    """Group in the defaults list, such as `seed`, to its line."""
    ignored: dict[int, frozenset[str]]
    """Line to the codes that a comment on it silences."""
    everywhere: frozenset[str]
    """Codes that comments on lines of their own silence for the whole file."""


@dataclass(frozen=True)
class Places:
    """The places where the keys of one composed config were set."""

    files: tuple[ConfigFile, ...]
    """Config files, in the order in which they are merged."""
    subject: Path | None = None
    """The file that is linted, which every finding then points to; None if it is no single file."""
    overridden: frozenset[str] = frozenset()
    """Keys that the command line sets."""

    def find(self, key: str) -> YamlPlace | None:
        """Return where a key was set last.

        This is the key's own line, or else the first line of the file that was chosen for its
        group. None if the command line set the key, or it is a default of the schema.
        """
        if self.subject is not None:
            own = [file for file in self.files if file.path == self.subject]
            return _find_key(key, own) or _find_choice(key, own) or YamlPlace(self.subject, 1)
        if key in self.overridden:
            return None
        if place := _find_key(key, self.files):
            return place
        around = [f for f in self.files if f.package and key.startswith(f"{f.package}.")]
        return YamlPlace(around[-1].path, 1) if around else None

    def silence(self, code: str, key: str) -> bool:
        """Return whether a comment silences a rule for a key.

        `# noqa: CODE` counts on the line where the key was set last, on the line of a defaults
        list that chooses the key's group, and, on a line of its own, for all keys.
        """
        if any(code in read(file.path).everywhere for file in self.files):
            return True
        places = [_find_choice(key, [file]) for file in self.files]
        if key not in self.overridden:
            places.append(_find_key(key, self.files))
        return any(code in read(p.file).ignored.get(p.line, ()) for p in places if p is not None)


def _find_key(key: str, files: Sequence[ConfigFile]) -> YamlPlace | None:
    for file in reversed(files):
        prefix = f"{file.package}." if file.package else ""
        if key.startswith(prefix):
            line = read(file.path).lines.get(key[len(prefix) :])
            if line is not None:
                return YamlPlace(file.path, line)
    return None


def _find_choice(key: str, files: Sequence[ConfigFile]) -> YamlPlace | None:
    """Return the last line of a defaults list that chooses the group of a key."""
    group = re.split(r"[.\[]", key, maxsplit=1)[0]
    for file in reversed(files):
        line = read(file.path).choices.get(group)
        if line is not None and not file.package:
            return YamlPlace(file.path, line)
    return None


@cache
def read(path: Path) -> Content:
    """Read a YAML file, which must be valid, as any file that Hydra has read.

    Raises:
        ConfigError: A comment names an unknown rule.
    """
    text = path.read_text("utf-8")
    root = yaml.compose(text, Loader=LOADER)
    lines = dict(_walk(root, ""))
    choices = {}
    for key, line in lines.items():
        if choice := re.fullmatch(r"defaults\[\d+\]\.(?:override |optional )*/?([^@]+).*", key):
            choices[choice.group(1)] = line
    ignored, everywhere = _read_comments(path, text)
    return Content(lines, choices, ignored, everywhere)


def _read_comments(path: Path, text: str) -> tuple[dict[int, frozenset[str]], frozenset[str]]:
    known = [rule.code for rule in RULES]
    ignored: dict[int, frozenset[str]] = {}
    everywhere: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        comment = NOQA.search(line)
        if not comment:
            continue
        codes = {code.upper() for code in re.findall(r"\w+", comment.group(1))}
        for code in sorted(codes):
            if code.startswith(CODE_PREFIX) and code not in known:
                rule = "unknown rule code in noqa"
                raise ConfigError(f"{path}:{number}", rule, code, nearest(code, known))
        if line[: comment.start()].strip():
            ignored[number] = frozenset(codes)
        else:
            everywhere |= codes
    return ignored, frozenset(everywhere)


def _walk(node: yaml.Node | None, prefix: str) -> Iterator[tuple[str, int]]:
    """Yield (dotted key, line from 1) for every key and list item of a YAML document."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            key = f"{prefix}.{name.value}" if prefix else str(name.value)
            yield key, name.start_mark.line + 1
            yield from _walk(value, key)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            key = f"{prefix}[{index}]"
            yield key, item.start_mark.line + 1
            yield from _walk(item, key)
