"""docs/example.ipynb runs from top to bottom, and its stored outputs are those of a run.

To store the outputs anew: `python tests/end_to_end/test_example_notebook.py docs/example.ipynb`
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

STORED = Path(__file__).parents[2] / "docs" / "example.ipynb"

DRAWN = re.compile(r"[\d.e+-]*\d")
"""Numbers, which follow from the seeds that a run draws."""


def execute(target: Path) -> None:
    """Execute the notebook in an empty directory, and write it with its outputs."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(STORED, as_version=4)
    with tempfile.TemporaryDirectory() as place:
        client = NotebookClient(
            notebook, timeout=300, record_timing=False, resources={"metadata": {"path": place}}
        )
        client.execute()
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    nbformat.write(notebook, target)


def read(path: Path) -> list[dict]:
    return [each for each in json.loads(path.read_text())["cells"] if each["cell_type"] == "code"]


def described(cell) -> list[object]:
    """What a cell shows: its kinds, and its text without the numbers."""
    shown: list[object] = []
    for each in cell["outputs"]:
        text = "".join(each.get("text", ""))
        data = {kind: "".join(value) for kind, value in each.get("data", {}).items()}
        shown.append((each["output_type"], sorted(data), DRAWN.sub("#", text)))
    return shown


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    target = tmp_path_factory.mktemp("notebook") / "executed.ipynb"
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, __file__, str(target)],
        capture_output=True, text=True, check=False, timeout=400, cwd=target.parent,
        env={**os.environ, "JUPYTER_PLATFORM_DIRS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    print(f"executed in {time.monotonic() - started:.0f} s")
    return read(target)


@pytest.mark.slow
def test_it_runs_and_shows_what_is_stored(executed):
    stored = read(STORED)
    assert [each["source"] for each in executed] == [each["source"] for each in stored]
    assert [described(each) for each in executed] == [described(each) for each in stored]


@pytest.mark.slow
def test_nothing_is_shown_twice(executed):
    for cell in executed:
        texts = [
            "".join(each["data"].get("text/plain", ""))
            for each in cell["outputs"]
            if "data" in each
        ]
        assert len(texts) == len(set(texts)), cell["source"]
        assert not [each for each in cell["outputs"] if each.get("name") == "stderr"]


def test_it_holds_outputs_and_nothing_of_a_machine():
    cells = read(STORED)
    assert all(
        each["outputs"] for each in cells if not "".join(each["source"]).startswith("import")
    )
    assert [each["execution_count"] for each in cells] == list(range(1, len(cells) + 1))
    text = STORED.read_text()
    assert not re.search(r"/(?:home|root|tmp|work|usr|Users)/", text)
    kinds = {kind for cell in cells for each in cell["outputs"] for kind in each.get("data", {})}
    assert {"text/html", "image/png"} <= kinds
    assert STORED.stat().st_size < 400_000


if __name__ == "__main__":
    execute(Path(sys.argv[1]).absolute())
