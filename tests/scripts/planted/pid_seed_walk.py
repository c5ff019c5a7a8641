import os
import random
import statistics


def walk(steps):
    position = 0
    highest = 0
    for _ in range(steps):
        position += random.choice((-1, 1))
        highest = max(highest, position)
    return highest


def run(walks=300, steps=400):
    random.seed(os.getpid())  # planted
    return [walk(steps) for _ in range(walks)]


if __name__ == "__main__":
    heights = run()
    print("median", statistics.median(heights))
    print("mean", statistics.fmean(heights), "sd", statistics.stdev(heights))
