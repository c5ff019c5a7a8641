"""`golden`, the one way to compare with a golden file, and `--update-golden`, which renews them."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"

ROOT = Path(__file__).resolve().parents[1]

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


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str | Path, str], None]:
    """Compare a text with a golden file, or write the file under `--update-golden`.

    `golden("advice.txt", text)` is about tests/golden/advice.txt; an absolute path is taken as it
    is. A difference fails the test and is shown line by line.
    """

    def compare(name: str | Path, text: str) -> None:
        path = GOLDEN / name
        shown = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
        agreed = path.read_text("utf-8") if path.is_file() else ""
        if text == agreed:
            return
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            request.node.user_properties.append((RENEWED, shown))
            return
        pytest.fail(describe_difference(shown, agreed, text), pytrace=False)

    return compare


def describe_difference(name: str, agreed: str, text: str) -> str:
    """Return what differs between a golden file's text and what the code says now, as a diff."""
    lines = difflib.unified_diff(
        agreed.splitlines(), text.splitlines(), f"{name} (agreed)", f"{name} (now)", lineterm=""
    )
    body = "\n".join(lines) or "(only in the ends of lines)"
    return (
        f"{name} is not what the code says now:\n{body}\n"
        "If the new text is right, renew the file and review it:"
        " python -m pytest --update-golden && git diff"
    )


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
