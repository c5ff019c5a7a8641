"""docs/exit-statuses.md has every command."""

from __future__ import annotations

import re
from pathlib import Path

from runner.commands.app import app

PAGE = (Path(__file__).parents[2] / "docs" / "exit-statuses.md").read_text("utf-8")


def test_every_command_has_a_row():
    names = sorted(
        each.callback.__name__.replace("_", "-")
        for each in app.registered_commands
        if each.callback
    )
    rows = re.findall(r"^\| (`.*?`) \|.*\|.*\|.*\|$", PAGE, re.MULTILINE)
    assert sorted(name for row in rows for name in re.findall(r"`([\w-]+)`", row)) == names
