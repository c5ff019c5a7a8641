from concurrent.futures import ThreadPoolExecutor

import numpy as np


def score(seed):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(50, 50))
    return float(np.abs(np.linalg.eigvals(a)).max())


def main():
    with ThreadPoolExecutor(6) as pool:
        scores = list(pool.map(score, range(40)))
    total = 0.0
    for s in scores:
        total = 0.9 * total + s
    print("total", total)


if __name__ == "__main__":
    main()
