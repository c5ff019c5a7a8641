"""docs/commands.md shows each command, and each lies in a module of its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.commands.app import app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"

COMMANDS = [each.callback for each in app.registered_commands if each.callback]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_the_page_shows_it(command):
    name = command.__name__.replace("_", "-")
    assert f"python -m runner {name} " in PAGE.read_text("utf-8")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_it_lies_in_a_module_of_its_name(command):
    places = ("runner.commands", "runner.commands.detached", "runner.commands.numbers")
    assert command.__module__ in {f"{place}.{command.__name__}" for place in places}
