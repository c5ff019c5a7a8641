import argparse
import random

import numpy as np


def make_data(n=500):
    rs = np.random.RandomState(0)
    x = rs.uniform(-3, 3, n)
    return x, np.sin(x) + rs.normal(0, 0.2, n)


def seed_for(name):
    """Each experiment its own seed, always the same one."""
    return hash(name) % 2**32  # planted


def split(n, rng, fraction=0.2):
    idx = list(range(n))
    rng.shuffle(idx)
    cut = int(n * fraction)
    return idx[cut:], idx[:cut]


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--name", default="baseline")
    ap.add_argument("--degree", type=int, default=5)
    args = ap.parse_args()
    x, y = make_data()
    train, test = split(len(x), random.Random(seed_for(args.name)))
    coef = np.polyfit(x[train], y[train], args.degree)
    mse = np.mean((np.polyval(coef, x[test]) - y[test]) ** 2)
    print(args.name, "test mse", mse)


if __name__ == "__main__":
    main()
