"""Load shards in threads, then train an online linear model on them in the order they arrive."""
import queue
import threading

import numpy as np

LOCK = threading.Lock()


def read_shard(number):
    rng = np.random.default_rng(number)
    X = rng.normal(size=(400, 5))
    y = X @ np.array([1.0, -2.0, 0.5, 0.0, 3.0]) + rng.normal(0, 0.5, 400)
    np.sort(rng.normal(size=20000 + 5000 * (number % 5)))  # decompress
    return X, y


def worker(todo, shards):
    while True:
        try:
            number = todo.get_nowait()
        except queue.Empty:
            return
        shard = read_shard(number)
        with LOCK:
            shards.append(shard)  # planted


def load_all(count, threads=6):
    todo = queue.Queue()
    for number in range(count):
        todo.put(number)
    shards = []
    workers = [threading.Thread(target=worker, args=(todo, shards)) for _ in range(threads)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return shards


def fit(shards, lr=0.05):
    w = np.zeros(5)
    for X, y in shards:
        w -= lr * X.T @ (X @ w - y) / len(X)
    return w


if __name__ == "__main__":
    shards = load_all(120)
    w = fit(shards)
    np.save("weights.npy", w)
    print("weights", w.tolist())
