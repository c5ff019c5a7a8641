"""Records of format 2, in which each run repeated what it shares with others."""

from __future__ import annotations

from typing import Any

FORMAT = 2

SHARED = ("overrides", "strategy", "compare", "claims", "vary", "absent", "predicted")
"""Fields that are of the configuration."""


def split_record(body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split a record of format 2 into what is of its configuration and what is of the run.

    Returns:
        Two mappings as format 3 has them; the run's without its configuration.

    Raises:
        KeyError: it has no configuration.
        AttributeError, TypeError: a field is of another type.
    """
    configuration = {name: body[name] for name in SHARED if name in body}
    configuration["id"] = body["configuration"]
    configuration["predicted"] = {
        axis: {"state": state, "reason": reason}
        for axis, (state, reason) in body.get("predicted", {}).items()
    }
    run = {k: v for k, v in body.items() if k not in (*SHARED, "configuration")}
    return configuration, run
