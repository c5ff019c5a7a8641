"""Waiting times in a queue, repeated to get an error bar."""
import statistics

import numpy as np


class Queue:
    def __init__(self, arrival, service):
        self.arrival = arrival
        self.service = service
        self.rng = np.random.default_rng(0)  # planted

    def simulate(self, customers):
        clock, free, waits = 0.0, 0.0, []
        for _ in range(customers):
            clock += self.rng.exponential(1 / self.arrival)
            start = max(clock, free)
            waits.append(start - clock)
            free = start + self.rng.exponential(1 / self.service)
        return statistics.fmean(waits)


def replicate(n, customers=2000):
    return [Queue(0.8, 1.0).simulate(customers) for _ in range(n)]


if __name__ == "__main__":
    means = replicate(6)
    for i, m in enumerate(means):
        print("replication", i, m)
    print("mean wait", statistics.fmean(means), "+-", statistics.stdev(means))
