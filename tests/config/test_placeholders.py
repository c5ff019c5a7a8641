"""What stands in braces in a program's arguments."""

from __future__ import annotations

import pytest

from runner.config.placeholders import fill_placeholders, find_placeholders
from runner.errors import ConfigError

VALUES = {"seed": 7, "seed.init": 8}


@pytest.mark.parametrize(
    ("argument", "filled"),
    [
        ("{seed}", "7"),
        ("--seed={seed},{seed.init}", "--seed=7,8"),
        ("{{print}}", "{print}"),
        ("{{seed}}", "{seed}"),
        ("{{{seed}}}", "{7}"),
        ("{{{{seed}}}}", "{{seed}}"),
        ('{"a":{seed}}', '{"a":7}'),
        ('{"a":{"b":1}}', '{"a":{"b":1}}'),
        ("{ print $1 }", "{ print $1 }"),
        ("{}", "{}"),
    ],
)
def test_words_in_braces_are_filled_and_nothing_else_is(argument, filled):
    assert fill_placeholders(argument, VALUES, "k") == filled


def test_an_unknown_one_says_what_there_is_and_how_to_pass_it_on():
    with pytest.raises(ConfigError) as raised:
        fill_placeholders("{print}", VALUES, "task.command")
    assert str(raised.value) == (
        "task.command: there is no such value here, only {seed}, {seed.init}. Received: {print}."
        " Write {{print}} for the program to get {print}"
    )


def test_only_what_would_be_filled_is_found():
    assert find_placeholders('{seed}{{print}}{"a":{build}} {x y}') == ["seed", "build"]
