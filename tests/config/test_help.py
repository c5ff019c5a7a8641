"""Help fits the terminal."""

from __future__ import annotations

import pytest

from runner.config.help import describe_fields, wrap_lines


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_no_line_is_wider_than_the_terminal(monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    assert max(map(len, wrap_lines(describe_fields()).splitlines())) <= width


def test_what_does_not_fit_goes_below_its_column(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    assert wrap_lines("  key   default  a text of six words\nshort").splitlines() == [
        "  key   default  a text of six",
        "                 words",
        "short",
    ]


def test_a_list_of_choices_is_indented(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    assert wrap_lines("model: alpha, beta, gamma").splitlines() == [
        "model: alpha, beta,",
        "    gamma",
    ]
