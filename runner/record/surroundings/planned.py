"""What a sweep's plan says of the files and versions with which its runs were made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

MANIFEST = "plan.json"
"""The file in a sweep's directory that holds its plan."""


@cache
def read_surroundings(sweep: Path) -> Mapping[str, str | None]:
    """Return the digests of files, the versions and the flags in a sweep's plan, by name.

    Empty: there is no plan that can be read, so that nothing is known.
    """
    try:
        plan = json.loads((sweep / MANIFEST).read_bytes())
        return {**plan["files"], **plan["provenance"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
