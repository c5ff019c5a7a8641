"""Every block of Python in docs/python.md runs, and prints what the page says."""

from __future__ import annotations

import contextlib
import io
import linecache
import os
import re
import shlex
from pathlib import Path

import pytest
from conftest import run_cli

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text("utf-8")

BLOCKS = re.findall(
    r"^```python\n(.*?)^```\n(?:\n((?:    [^\n]*\n)+))?", PAGE, re.DOTALL | re.MULTILINE
)
"""Each block, and the text that follows it, which is what it prints."""

COMMANDS = re.findall(r"^    python -m runner (.*)$", PAGE, re.MULTILINE)


def test_the_page_has_blocks_and_commands():
    assert len(BLOCKS) == 10
    assert [bool(printed) for _, printed in BLOCKS].count(True) == 4
    assert len(COMMANDS) == 2


@pytest.mark.slow
def test_the_blocks_run_and_print_what_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}
    for code, shown in BLOCKS:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            # As from a file: the page names one of its lines.
            linecache.cache["train.py"] = (len(code), None, code.splitlines(True), "train.py")
            exec(compile(code, "train.py", "exec"), names)
        if shown:
            said = [line.removeprefix("    ").rstrip() for line in shown.splitlines()]
            assert printed.getvalue().splitlines() == said
    assert {"runs.png", "strip.svg", "outputs"} == set(os.listdir(tmp_path))
    sweep = str(names["results"].directory)  # type: ignore[attr-defined]
    for command in COMMANDS:
        words = shlex.split(command.replace("outputs/DATE/TIME", sweep))
        ended = run_cli(tmp_path, *words, keep_order=True)
        assert ended.status == 0, ended.err
    assert (tmp_path / "runs.svg").is_file()
    assert len(list((tmp_path / "pictures").glob("*.pdf"))) == 3
