"""What `import runner` offers to Python programs, and that its types are theirs to check."""

from __future__ import annotations

import inspect
from pathlib import Path

import runner

ROOT = Path(__file__).parents[2]


def test_the_public_names_are_these():
    assert runner.__all__ == ["audit", "compare_sweeps", "load", "run"]
    defined = {name for name, each in vars(runner).items() if inspect.isfunction(each)}
    assert defined == set(runner.__all__)


def test_each_says_what_it_takes_gives_and_raises():
    for name in runner.__all__:
        text = inspect.getdoc(getattr(runner, name))
        assert [part in text for part in ("Args:", "Returns:", "Raises:")] == [True] * 3, name
        signature = inspect.signature(getattr(runner, name))
        annotated = [*signature.parameters.values()]
        assert all(each.annotation is not inspect.Parameter.empty for each in annotated), name
        assert signature.return_annotation is not inspect.Signature.empty, name


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "runner" / "py.typed").read_bytes() == b""
