import multiprocessing as mp

import numpy as np


def simulate(task):
    index, steps = task
    rng = np.random.default_rng(1000 + index)
    walk = rng.normal(size=steps).cumsum()
    return walk.max() - walk.min()


class RunningMean:
    def __init__(self, decay=0.95):
        self.decay = decay
        self.value = None

    def update(self, x):
        self.value = x if self.value is None else self.decay * self.value + (1 - self.decay) * x


if __name__ == "__main__":
    tasks = [(i, 2000 + 700 * (i % 9)) for i in range(300)]
    mean = RunningMean()
    with mp.Pool(processes=4) as pool:
        for span in pool.imap_unordered(simulate, tasks):  # planted
            mean.update(span)
    print(len(tasks), "tasks")
    print("span", mean.value)
