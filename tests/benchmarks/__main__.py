"""Run the benchmarks named on the command line, or all of them."""

from __future__ import annotations

import os
import platform
import sys
from datetime import date

from tests.benchmarks import (
    cells,
    collation,
    decisions,
    divergence,
    explanations,
    findings,
    fingerprints,
    grid,
    help_text,
    intervals,
    linting,
    overhead,
    page,
    planning,
    preview,
    replicates,
    startup,
    watching,
)

ALL = {
    "grid": grid.main,
    "overhead": overhead.main,
    "page": page.main,
    "explanations": explanations.main,
    "findings": findings.main,
    "fingerprints": fingerprints.main,
    "collation": collation.main,
    "intervals": intervals.main,
    "cells": cells.main,
    "decisions": decisions.main,
    "divergence": divergence.main,
    "replicates": replicates.main,
    "linting": linting.main,
    "planning": planning.main,
    "preview": preview.main,
    "startup": startup.main,
    "watching": watching.main,
    "help": help_text.main,
}

if __name__ == "__main__":
    names = sys.argv[1:] or list(ALL)
    unknown = sorted(set(names) - set(ALL))
    if unknown:
        sys.exit(f"unknown benchmark {unknown[0]}; there are {', '.join(ALL)}")
    print(f"{date.today()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    for name in names:
        ALL[name]()
