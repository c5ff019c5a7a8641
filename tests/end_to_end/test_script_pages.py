"""What docs/never-the-same.md and docs/always-the-same.md show is what their commands print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"never-the-same.md": "never.py", "always-the-same.md": "always.py"}

pytestmark = [pytest.mark.process, pytest.mark.slow]

CHANGING = re.compile(r"outputs/[\d/-]+|[\d.]+ times as long|[\d.]+ ± [\d.]+")
"""What is another in each run of a command."""


def read_page(name):
    """Return the script, the commands and the printed text of a page."""
    text = (DOCS / name).read_text("utf-8")
    (script,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (printed,) = re.findall(r"```\n(verdict .*?)```", text, re.DOTALL)
    return script, re.findall(r"^    python -m runner (.*)$", text, re.MULTILINE), printed


def normal(text):
    """Text as words, without what changes, and without the line that names files."""
    lines = [line for line in text.splitlines() if not line.startswith("Files:")]
    return CHANGING.sub("...", " ".join(lines)).split()


@pytest.mark.parametrize("page", PAGES)
def test_the_page_shows_what_is_printed(cli, tmp_path, page):
    script, commands, printed = read_page(page)
    place = tmp_path / "work"
    place.mkdir()
    (place / PAGES[page]).write_text(script)
    ended = cli(*shlex.split(commands[0]), keep_order=True, COLUMNS="100")
    assert normal(ended.out) == normal(printed)


@pytest.mark.parametrize("page", PAGES)
def test_its_other_commands_run(cli, tmp_path, page):
    script, commands, _ = read_page(page)
    place = tmp_path / "work"
    place.mkdir()
    (place / PAGES[page]).write_text(script)
    assert len(commands) == 2
    ended = cli(*shlex.split(commands[1]), keep_order=True)
    assert ended.status == 0
    shown = {"never-the-same.md": "in the order in which it went", "always-the-same.md": "replace"}
    assert shown[page] in ended.out
