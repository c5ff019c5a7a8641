"""Where a key was set: file and line of the YAML, and what `# noqa` there says."""

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

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

NOQA = re.compile(r"#\s*noqa:\s*((?:[A-Z]+\d+[\s,]*)+)", re.IGNORECASE)
"""`# noqa: RUN201` or `# noqa: RUN201, RUN203`; what follows the codes is for people."""

OURS = "RUN"


@dataclass(frozen=True)
class YamlPlace:
    """Where a finding belongs."""

    file: Path
    line: int
    """From 1."""


@dataclass(frozen=True)
class Content:
    """What is to be known of a YAML file."""

    lines: dict[str, int]
    """Line of each dotted key, without the package."""
    choices: dict[str, int]
    """Line of each group in the defaults list, such as `seed`."""
    ignored: dict[int, frozenset[str]]
    """Line to the codes that a comment on it silences."""
    everywhere: frozenset[str]
    """Codes that a comment alone on its line silences."""


@dataclass(frozen=True)
class Places:
    """Where the keys of one composed config were set."""

    files: tuple[ConfigFile, ...]
    """In the order in which they are merged."""
    subject: Path | None = None
    """The file that is linted, where every finding then belongs."""
    overridden: frozenset[str] = frozenset()
    """Keys that the command line sets."""

    def find(self, key: str) -> YamlPlace | None:
        """Where a key was set last.

        The key's own line, or else the first line of the file that was chosen for its group; None
        when the command line set it, or nothing did and it is a default of the schema.
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
        """Whether a comment says that a rule is not to speak of a key.

        `# noqa: CODE` counts on the line where the key was set last, on the line of a defaults
        list that chooses the key's group, and, alone on its line, for all keys.
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
    """The line of a defaults list that chooses the group of a key."""
    group = re.split(r"[.\[]", key, maxsplit=1)[0]
    for file in reversed(files):
        line = read(file.path).choices.get(group)
        if line is not None and not file.package:
            return YamlPlace(file.path, line)
    return None


@cache
def read(path: Path) -> Content:
    """Read a YAML file that Hydra has read before, so it is valid.

    Raises:
        ConfigError: a comment silences a rule that there is not.
    """
    text = path.read_text("utf-8")
    root = yaml.compose(text, Loader=LOADER)
    lines = dict(_walk(root, ""))
    choices = {}
    for key, line in lines.items():
        if found := re.fullmatch(r"defaults\[\d+\]\.(?:override |optional )*/?([^@]+).*", key):
            choices[found.group(1)] = line
    ignored, everywhere = _read_comments(path, text)
    return Content(lines, choices, ignored, everywhere)


def _read_comments(path: Path, text: str) -> tuple[dict[int, frozenset[str]], frozenset[str]]:
    known = [rule.code for rule in RULES]
    ignored: dict[int, frozenset[str]] = {}
    everywhere: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        found = NOQA.search(line)
        if not found:
            continue
        codes = {code.upper() for code in re.findall(r"\w+", found.group(1))}
        for code in sorted(codes):
            if code.startswith(OURS) and code not in known:
                rule = "noqa names no rule"
                raise ConfigError(f"{path}:{number}", rule, code, nearest(code, known))
        if line[: found.start()].strip():
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
