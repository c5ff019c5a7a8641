"""Evaluate a grid of learning rates in a thread pool, averaging as results come in."""
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np


def evaluate(lr, seed):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(60, 60))
    x = rng.normal(size=60)
    for _ in range(30):
        x = x - lr * (A.T @ (A @ x)) / 60
    return float(np.linalg.norm(x))


def main():
    grid = np.linspace(0.001, 0.2, 64)
    smoothed = 0.0
    with ThreadPoolExecutor(max_workers=8) as pool:
        futures = [pool.submit(evaluate, lr, i) for i, lr in enumerate(grid)]
        for done in as_completed(futures):  # planted
            smoothed = 0.9 * smoothed + 0.1 * done.result()
    print("configurations", len(grid))
    print("smoothed residual", smoothed)


if __name__ == "__main__":
    main()
