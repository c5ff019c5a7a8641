"""Keeps what a decision is about in its directory, from which it can be gone on with."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from runner.errors import ConfigError
from runner.record.fields import build
from runner.record.store import write_atomically
from runner.statistics.sequential_decision import Question

QUESTION = "question.json"
"""Name of the file."""


def write_question(directory: Path, question: Question) -> None:
    """Write what is asked into the directory of a decision."""
    write_atomically(directory / QUESTION, json.dumps(asdict(question), indent=1).encode())


def read_question(directory: Path) -> Question:
    """Read what was asked.

    Raises:
        ConfigError: the directory is not that of a decision, or the file is damaged.
    """
    try:
        body = json.loads((directory / QUESTION).read_bytes())
        return build(Question, body)
    except FileNotFoundError:
        rule = "is not the directory of a decision" if directory.is_dir() else "no such directory"
        raise ConfigError("--resume", rule, directory) from None
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(
            "--resume", f"its {QUESTION} cannot be read ({error})", directory
        ) from None
