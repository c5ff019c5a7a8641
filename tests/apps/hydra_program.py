"""An existing Hydra application, audited as it is."""

from __future__ import annotations

import hydra
import numpy as np
from omegaconf import OmegaConf


@hydra.main(version_base="1.3", config_path=None)
def main(cfg):
    rng = np.random.default_rng(OmegaConf.select(cfg, "seed"))
    np.savez("out.npz", predictions=rng.normal(size=(4, 2)))


if __name__ == "__main__":
    main()
