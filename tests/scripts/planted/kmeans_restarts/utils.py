import numpy as np


def make_blobs(n=300):
    gen = np.random.RandomState(3)
    centers = gen.uniform(-4, 4, size=(6, 2))
    which = gen.randint(0, 6, n)
    return centers[which] + gen.normal(0, 1.3, (n, 2))


def check_rng(rng=None):
    """Return a RandomState, as scikit-learn's helper does."""
    if rng is None:
        rng = np.random.RandomState()  # planted
    return rng


def distances(X, centers):
    return ((X[:, None, :] - centers[None]) ** 2).sum(-1)
