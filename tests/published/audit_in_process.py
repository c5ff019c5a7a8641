"""Runs `audit-table` in this process, through the application that the command line is."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.commands.app import app


@dataclass(frozen=True)
class Audited:
    """What a command said."""

    status: int
    findings: list[dict]
    read: list[str]

    def codes(self, worst: tuple[str, ...] = ("error", "warning")) -> list[str]:
        return [each["code"] for each in self.findings if each["severity"] in worst]

    def of(self, code: str) -> list[dict]:
        return [each for each in self.findings if each["code"] == code]


def audit(place: Path, arguments: Sequence[str]) -> Audited:
    """Audit a table in a directory, and return its findings as JSON has them."""
    printed = io.StringIO()
    before = Path.cwd()
    os.chdir(place)
    try:
        with contextlib.redirect_stdout(printed):
            status = app(["audit-table", *arguments, "--format=json"], standalone_mode=False)
    finally:
        os.chdir(before)
    said = json.loads(printed.getvalue())
    return Audited(status, said["findings"], said["read"])
