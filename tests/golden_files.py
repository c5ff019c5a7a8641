"""`golden`, the one way to compare with a golden file, and `--update-golden`, which renews them."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Protocol

import pytest

GOLDEN = Path(__file__).parent / "golden"

ROOT = Path(__file__).resolve().parents[1]

ADVICE = (
    "If the new text is right, write the file anew and review it:"
    " python -m pytest --update-golden && git diff"
)

FROZEN = "What users have on their disks rests on this: change the code, not the file."

RENEWED = "renewed golden file"
"""Name of the property by which a test's report carries what it wrote to the terminal's summary."""


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "run the tests that use golden files, and write these anew"
    parser.addoption("--update-golden", action="store_true", help=text)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--update-golden"):
        left_out = [item for item in items if "golden" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


class Compare(Protocol):
    """Compares a text with a golden file, or writes the file under `--update-golden`.

    A difference fails the test and is shown line by line.
    """

    def __call__(self, name: str | Path, text: str, *, frozen: bool = False) -> None:
        """Compare.

        Args:
            name: of the file in tests/golden; an absolute path is taken as it is.
            text: what the code says now.
            frozen: what users have on their disks rests on this file; it is never written anew.
        """


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Compare:
    """Compare a text with a golden file: `golden("advice.txt", text)`."""

    def compare(name: str | Path, text: str, *, frozen: bool = False) -> None:
        path = GOLDEN / name
        shown = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
        agreed = path.read_text("utf-8") if path.is_file() else ""
        if text == agreed:
            return
        if request.config.getoption("--update-golden") and not frozen:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            request.node.user_properties.append((RENEWED, shown))
            return
        advice = FROZEN if frozen else ADVICE
        pytest.fail(f"{describe_difference(shown, agreed, text)}\n{advice}", pytrace=False)

    return compare


def describe_difference(name: str, agreed: str, text: str) -> str:
    """Return what differs between a golden file's text and what the code says now, as a diff."""
    lines = difflib.unified_diff(
        agreed.splitlines(), text.splitlines(), f"{name} (agreed)", f"{name} (now)", lineterm=""
    )
    body = "\n".join(lines) or "(only in the ends of lines)"
    return f"{name} is not what the code says now:\n{body}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    renewed = {
        str(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == RENEWED
    }
    for name in sorted(renewed):
        terminalreporter.write_line(f"renewed {name}")
