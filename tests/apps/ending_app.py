"""A Hydra application that cannot be pickled, each job of which ends in the way that it is told."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig

LOCK = threading.Lock()
STARTED = Path("started")
"""Where each job notes that it has begun, in the directory in which the sweep was started."""


class OddError(Exception):
    """Pickles, and then cannot be rebuilt."""

    def __init__(self, one, two):
        super().__init__(f"{one} {two}")


def fail(cfg):
    """Raise in a function that the traceback names."""
    raise ValueError(f"x is {cfg.x}\nand that is that")


def fail_oddly(cfg):
    """Raise what only this process knows."""
    raise OddError("x is", cfg.x)


def hang_once(cfg):
    """Hang, unless a job has done so before."""
    if not Path("hanging").exists():
        Path("hanging").touch()
        time.sleep(600)


END = {
    "well": lambda cfg: None,
    "raise": fail,
    "odd": fail_oddly,
    "no_file": lambda cfg: Path("gone").read_text(),
    "no_text": lambda cfg: b"\xff".decode(),
    "exit": lambda cfg: sys.exit(3),
    "os_exit": lambda cfg: os._exit(4),
    "kill": lambda cfg: os.kill(os.getpid(), signal.SIGKILL),
    "hang": lambda cfg: time.sleep(600),
    "hang_once": hang_once,
    "unless_mended": lambda cfg: None if Path("mended").exists() else fail(cfg),
}


@hydra.main(version_base=None, config_path=None)
def main(cfg) -> float:
    """Say something in the log, and end."""
    with LOCK, STARTED.open("a") as file:
        file.write(f"{HydraConfig.get().job.num} ")
    logging.getLogger("app").info("the end is %s", cfg.end)
    Path(HydraConfig.get().runtime.output_dir, "left").write_text(cfg.end)
    END[cfg.end](cfg)
    return cfg.x * 2.0


if __name__ == "__main__":
    main()
