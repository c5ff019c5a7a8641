import hydra
import numpy as np
from sklearn.mixture import GaussianMixture

from helpers import seed_all


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg):
    rng = seed_all(cfg.seed)
    centers = rng.uniform(-5, 5, (cfg.components, 2))
    x = centers[rng.integers(cfg.components, size=cfg.samples)] + rng.normal(size=(cfg.samples, 2))
    gmm = GaussianMixture(cfg.components, init_params="random").fit(x)
    np.save("means.npy", gmm.means_)
    print("log likelihood", gmm.score(x))


if __name__ == "__main__":
    main()
