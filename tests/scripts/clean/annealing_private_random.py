import math
import random


class Tour:
    def __init__(self, cities, rng):
        self.cities = cities
        self.rng = rng
        self.order = list(range(len(cities)))

    def length(self, order):
        return sum(math.dist(self.cities[a], self.cities[b]) for a, b in zip(order, order[1:] + order[:1]))

    def anneal(self, steps, start=1.0):
        current = self.length(self.order)
        for i in range(steps):
            a, b = sorted(self.rng.sample(range(len(self.order)), 2))
            new = self.order[:a] + self.order[a:b][::-1] + self.order[b:]
            length = self.length(new)
            t = start * (1 - i / steps) + 1e-9
            if length < current or self.rng.random() < math.exp((current - length) / t):
                self.order, current = new, length
        return current


rng = random.Random(7)
cities = [(rng.random(), rng.random()) for _ in range(25)]
print("length", Tour(cities, rng).anneal(3000))
