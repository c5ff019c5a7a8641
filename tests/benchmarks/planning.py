"""Planning a large grid: linear in the configurations, and under 1 GiB."""

from __future__ import annotations

import subprocess
import sys
import tempfile

SIDE = 100
"""Values of each of the two keys that are swept over in the large grid."""

SMALL_SIDE = 10
"""Values of the second key in the small grid."""

HYDRAS = 10
"""Configurations that Hydra composes, for comparison."""

MEASURE = """
import contextlib, io, resource, sys
from runner.__main__ import cli
sys.argv = ["runner", *sys.argv[1:]]
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    cli()
used = resource.getrusage(resource.RUSAGE_SELF)
unit = 1 if sys.platform == "darwin" else 1024
print(used.ru_utime + used.ru_stime, used.ru_maxrss * unit)
"""


def main() -> None:
    """Print the processor time and peak memory of a dry run of 10,000 configurations."""
    grid = [SIDE * SMALL_SIDE, SIDE * SIDE]
    (first, _), (second, peak) = measure(SMALL_SIDE), measure(SIDE)
    each = (second - first) / (grid[1] - grid[0])
    composing = measure_hydra()
    print(
        f"planning: a dry run of {grid[1]} configurations takes {second:.0f} s of processor time"
        f" (wanted: under 30)"
    )
    print(
        f"  and {peak / 2**20:.0f} MiB at most (wanted: under 1024), {each * 1e3:.1f} ms for each"
    )
    print(f"  after the first {grid[0]}, which take {first:.1f} s; Hydra composes one in")
    print(f"  {composing * 1e3:.0f} ms, {composing / each:.0f} times as long")


def measure(side: int) -> tuple[float, int]:
    """Return the processor time and peak bytes of a dry run in a process of its own."""
    swept = [f"train.epochs=range(1,{SIDE + 1})", f"train.batch_size=range(1,{side + 1})"]
    command = [sys.executable, "-c", MEASURE, "seed=fixed", *swept, "dry_run=true", "-m"]
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=directory)
    seconds, peak = done.stdout.split()
    return float(seconds), int(peak)


def measure_hydra() -> float:
    """Return the processor time in which Hydra composes one configuration."""
    import time

    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.types import RunMode

    from runner.config.schema import CONF, register

    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        config = loader.load_configuration("config", [], RunMode.MULTIRUN)
        started = time.process_time()
        for number in range(HYDRAS):
            loader.load_sweep_config(config, ["seed=fixed", f"train.epochs={number + 1}"])
        return (time.process_time() - started) / HYDRAS
