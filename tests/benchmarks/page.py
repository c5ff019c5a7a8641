"""The page of 1,000 configurations of 10 runs: at most 5 MB, made in 10 s, open in 2 s."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

CONFIGURATIONS = 1_000
SMALL = 100
RUNS = 10
BYTES, SECONDS, OPEN_SECONDS = 5_000_000, 10.0, 2.0

MEASURE = """
import json, sys, time
from pathlib import Path
from runner.analysis.results import collate
from runner.report.files import save_page
results = [collate(Path(path)) for path in sys.argv[1:]]
for each in results:
    started = time.perf_counter()
    page = save_page(each)
    print(json.dumps([time.perf_counter() - started, page.stat().st_size]))
"""

OPEN = """
import json, sys, time
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=sys.argv[1], args=["--no-sandbox"])
    for path in sys.argv[2:]:
        page = browser.new_page()
        started = time.perf_counter()
        page.goto("file://" + path)
        page.locator("article").first.wait_for()
        print(json.dumps(time.perf_counter() - started))
        page.close()
    browser.close()
"""


def main() -> None:
    """Print the size of the page, the seconds that it takes, and the ratios to a smaller one."""
    with tempfile.TemporaryDirectory() as directory:
        paths = []
        for count in (SMALL, CONFIGURATIONS):
            paths.append(Path(directory) / str(count))
            write_sweep(paths[-1], count)
        (first, small), (seconds, size) = _run(MEASURE, *map(str, paths))
        opened = _open([path / "report.html" for path in paths])
    print(f"page: {CONFIGURATIONS} configurations of {RUNS} runs, against {SMALL}:")
    print(f"  {size / 1e6:.1f} MB (wanted: at most {BYTES / 1e6:g}), {size / small:.1f} times")
    print(f"  made in {seconds:.1f} s (under {SECONDS:g}), {seconds / first:.1f} times as long")
    if opened is None:
        print("  not opened: that needs chromium and pip install -e '.[browser]'")
    else:
        ratio = opened[1] / opened[0]
        print(f"  open in {opened[1]:.1f} s (under {OPEN_SECONDS:g}), {ratio:.1f} times as long")


def write_sweep(directory: Path, count: int) -> None:
    """Write a sweep of the size that the default command makes for each configuration."""
    from runner.record.record import ConfigurationRecord, RunArrays, RunRecord
    from runner.record.store import write_run

    random = np.random.default_rng(0)
    inputs = np.arange(64, dtype=np.uint64)
    layers = [f"dense{suffix}/{kind}" for suffix in ("", "_1", "_2") for kind in ("kernel", "bias")]
    stages = ["data", "split", *(f"init/{each}" for each in layers)]
    stages += [f"order/{epoch}" for epoch in range(5)] + [f"weights/{each}" for each in layers]
    fsync, os.fsync = os.fsync, lambda fd: None
    try:
        for job in range(count * RUNS):
            place, replicate = divmod(job, RUNS)
            shared = ConfigurationRecord(
                id=f"{place:012x}",
                overrides={"model": f"m{place % 50}", "optimizer": f"o{place // 50}"},
                strategy="random",
                scope="process",
            )
            digests = [f"{random.integers(2**63):016x}" for _ in range(len(stages) + 1)]
            found = dict(zip([*stages, "outputs"], digests, strict=True))
            found |= {"data": "d" * 16, "split": f"{place:016x}"}
            record = RunRecord(
                configuration=shared,
                job=job,
                replicate=replicate,
                replay_of=None,
                status="ok",
                seeds={"value": job},
                metrics=[{"loss": random.random(), "accuracy": random.random()}],
                fingerprints=[found],
                digest=digests[-1],
                environment={"python": "3"},
                wall_s=1.0,
                hash_seed=job % 2,
            )
            arrays = RunArrays(random.random((1, 2, 64, 10), np.float32), inputs)
            write_run(directory / str(job), record, arrays, shared=directory)
    finally:
        os.fsync = fsync


def _open(pages: list[Path]) -> list[float] | None:
    """Return the seconds until each page shows its first details; None without a browser."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None or importlib.util.find_spec("playwright") is None:
        return None
    return _run(OPEN, browser, *map(str, pages))


def _run(program: str, *arguments: str) -> list[Any]:
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]
