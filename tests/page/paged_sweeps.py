"""Sweeps on disk whose pages tests look at, and the page itself."""

from __future__ import annotations

import hashlib
import json
import re

import numpy as np
from synthetic import write

from runner.analysis.results import collate
from runner.page.sweep_contents import SweepState
from runner.page.sweep_page import make_page

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "\"'><svg onload=alert(3)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(4)",
    "<!--<script>",
    "a\u202eb\x1b[2J\u2028",
)
"""Texts that would do something if they were anything but text."""

STAGES = (
    "data",
    "split",
    "init/dense/kernel",
    "init/dense/bias",
    "order/0",
    "weights/dense/kernel",
)


def digest(*parts):
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def stages_of(driver, build=0):
    """Fingerprints of one build whose initial weights, order and outputs follow from `driver`."""
    drawn = {"init/dense/kernel", "order/0", "weights/dense/kernel"}
    found = {s: digest(s, driver, build) if s in drawn else digest(s) for s in STAGES}
    return {**found, "outputs": digest("outputs", driver, build)}


def outputs_of(driver, inputs=8, units=3):
    values = np.random.default_rng(driver).normal(size=(inputs, units)).astype(np.float32)
    return np.broadcast_to(values, (1, 2, inputs, units)).copy()


def add_run(directory, job, driver, **changes):
    """Write a run whose output follows from the number `driver` alone."""
    accuracy = 0.9 + (driver % 7) / 100
    made = {
        "values": outputs_of(driver),
        "digest": digest("outputs", driver),
        "fingerprints": [stages_of(driver)],
        "metrics": [{"loss": 0.5 - (driver % 5) / 10, "accuracy": accuracy}],
        **changes,
    }
    return write(directory, job, **made)


def make_mixed(directory):
    """A sweep of four configurations: the same, seed-driven, uncontrolled, failed."""
    same = {"overrides": {"seed": "fixed", "model": "mlp"}}
    driven = {"overrides": {"seed": "random", "model": "mlp"}, "strategy": "random"}
    loose = {"overrides": {"seed": "unset", "model": "mlp"}, "strategy": "unset", "seeds": {}}
    for replicate in range(4):
        add_run(directory, replicate, 1, **same, configuration="a" * 12, replicate=replicate)
        add_run(
            directory, 10 + replicate, replicate, **driven, configuration="b" * 12,
            replicate=replicate, seeds={"value": replicate},
        )  # fmt: skip
        add_run(
            directory, 20 + replicate, replicate, **loose, configuration="c" * 12,
            replicate=replicate,
        )  # fmt: skip
        write(
            directory, 30 + replicate, overrides={"seed": "fixed", "model": "cnn"},
            configuration="d" * 12, replicate=replicate, error="ValueError: no rows",
        )  # fmt: skip
    add_run(
        directory, 14, 2, **driven, configuration="b" * 12, replicate=4, replay_of=12,
        seeds={"value": 2},
    )  # fmt: skip
    return directory


def make_hostile(directory):
    """A sweep in which every text that a stranger can write tries to be more than text."""
    for place, text in enumerate(HOSTILE):
        for replicate in range(2):
            job = 10 * place + replicate
            add_run(
                directory,
                job,
                job,
                overrides={"seed": text, text: "x"},
                configuration=f"{place:012x}",
                replicate=replicate,
                strategy="random",
                seeds={"value": job},
                metrics=[{text: 0.25 * replicate, "loss": 1.0}],
                fingerprints=[{"data": "d", f"init/{text}": str(job), "outputs": str(job)}],
                claims=[{"text": text, "source": text, "across_runs": "same"}],
                environment={"python": text, text: text},
            )
        write(
            directory, 10 * place + 2, configuration=f"{place:012x}", strategy="random",
            overrides={"seed": text, text: "x"}, error=f"ValueError: {text}", replicate=2,
            claims=[{"text": text, "source": text, "across_runs": "same"}],
        )  # fmt: skip
    return directory


def page_of(directory, **settings):
    budget = settings.pop("budget", None)
    given = {} if budget is None else {"budget": budget}
    return make_page(collate(directory), SweepState(**settings), **given)


def contents_of(page):
    """What is embedded in a page, as a browser would read it."""
    found = re.findall(r'<script type="application/json" id="contents">(.*?)</script>', page, re.S)
    (text,) = found
    return json.loads(text)
