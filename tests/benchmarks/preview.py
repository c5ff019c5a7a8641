"""A dry run of a grid against composing its configurations, which nobody can do without."""

from __future__ import annotations

import contextlib
import io
import itertools
import statistics
import time
from collections.abc import Callable
from typing import Any

ROUNDS = 5

GRID = {
    "model": ("linear", "mlp", "mlp_dropout", "cnn", "gru", "pinned"),
    "seed": ("fixed", "random"),
    "shuffle": ("on", "off"),
    "train": ("default", "augmented"),
}


def main() -> None:
    """Print the ratio of the seconds that both take, in alternating rounds."""
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.types import RunMode

    from runner.config.schema import CONF, register
    from runner.report.dry_run import print_previews
    from runner.sweep.sweeper import Settings, sweep

    combinations = [
        [f"{group}={choice}" for group, choice in zip(GRID, choices, strict=True)]
        for choices in itertools.product(*GRID.values())
    ]
    swept = [f"{group}={','.join(choices)}" for group, choices in GRID.items()]
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        config = loader.load_configuration("config", [], RunMode.MULTIRUN)

        def compose() -> None:
            for combination in combinations:
                loader.load_sweep_config(config, ["dry_run=true", *combination])

        def preview() -> None:
            launcher: Any = None  # is not asked for anything
            conclude: Any = None  # nothing runs
            with contextlib.redirect_stdout(io.StringIO()):
                sweep(
                    ["dry_run=true", *swept],
                    config=config,
                    loader=loader,
                    launcher=launcher,
                    settings=Settings(),
                    preview=lambda previews: print_previews(previews, repeated=True),
                    conclude=conclude,
                )

        pairs = [(measure(compose), measure(preview)) for _ in range(1 + ROUNDS)][1:]
    ratio = statistics.median(preview / compose for compose, preview in pairs)
    each = statistics.median(compose for compose, _ in pairs) / len(combinations)
    print(
        f"preview: a dry run of {len(combinations)} configurations takes {ratio:.2f} times as long"
    )
    print(f"  as composing them (wanted: at most 1.2), which takes {each * 1e3:.0f} ms each")


def measure(function: Callable[[], None]) -> float:
    """Return the seconds that a call takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started
