"""A Hydra application whose module holds what cannot be pickled."""

from __future__ import annotations

import threading

import hydra

LOCK = threading.Lock()


@hydra.main(version_base=None, config_path=None)
def main(cfg) -> float:
    """Do something under a lock."""
    with LOCK:
        print(f"x is {cfg.x}")
        return cfg.x * 2.0


if __name__ == "__main__":
    main()
