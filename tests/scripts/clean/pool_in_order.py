import multiprocessing

import numpy as np


def simulate(seed_sequence):
    rng = np.random.default_rng(seed_sequence)
    return rng.gamma(2.0, 1.5, 1000).mean()


def main():
    children = np.random.SeedSequence(321).spawn(20)
    with multiprocessing.Pool(2) as pool:
        means = pool.map(simulate, children)
    print("mean", np.mean(means), "sd", np.std(means))


if __name__ == "__main__":
    main()
