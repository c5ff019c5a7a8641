import logging

import hydra
import numpy as np
from omegaconf import DictConfig, OmegaConf
from sklearn.linear_model import Ridge

log = logging.getLogger(__name__)


def make_data(cfg):
    rs = np.random.RandomState(99)
    X = rs.normal(size=(cfg.rows, cfg.features))
    y = X @ np.arange(cfg.features) + cfg.noise * rs.normal(size=cfg.rows)
    return X, y


def split(X, y, rng):
    order = rng.permutation(len(X))
    cut = int(0.8 * len(X))
    return X[order[:cut]], y[order[:cut]], X[order[cut:]], y[order[cut:]]


@hydra.main(version_base=None, config_path="conf", config_name="config")
def main(cfg: DictConfig) -> None:
    log.info("config:\n%s", OmegaConf.to_yaml(cfg))
    rng = np.random.default_rng(cfg.seed)  # planted
    X, y = make_data(cfg.data)
    X_train, y_train, X_test, y_test = split(X, y, rng)
    model = Ridge(alpha=cfg.model.alpha).fit(X_train, y_train)
    print("r2", model.score(X_test, y_test))


if __name__ == "__main__":
    main()
