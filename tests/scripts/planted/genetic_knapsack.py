"""A small genetic algorithm for the knapsack problem."""
import random
from typing import List

import numpy as np

rs = np.random.RandomState(5)
WEIGHTS = rs.randint(1, 30, 60).tolist()
VALUES = rs.randint(1, 50, 60).tolist()
CAPACITY = 400


class GeneticAlgorithm:
    def __init__(self, size=40, mutation=0.02):
        self.random = random.Random()  # planted
        self.mutation = mutation
        self.population = [self.new_genome() for _ in range(size)]

    def new_genome(self) -> List[int]:
        return [int(self.random.random() < 0.3) for _ in WEIGHTS]

    def fitness(self, genome):
        weight = sum(w for w, g in zip(WEIGHTS, genome) if g)
        if weight > CAPACITY:
            return CAPACITY - weight
        return sum(v for v, g in zip(VALUES, genome) if g)

    def crossover(self, a, b):
        cut = self.random.randrange(1, len(a))
        child = a[:cut] + b[cut:]
        return [1 - g if self.random.random() < self.mutation else g for g in child]

    def evolve(self, generations):
        for _ in range(generations):
            self.population.sort(key=self.fitness, reverse=True)
            parents = self.population[: len(self.population) // 2]
            children = []
            while len(children) < len(self.population) - len(parents):
                a, b = self.random.sample(parents, 2)
                children.append(self.crossover(a, b))
            self.population = parents + children
        return max(self.population, key=self.fitness)


if __name__ == "__main__":
    ga = GeneticAlgorithm()
    best = ga.evolve(25)
    print("value", ga.fitness(best))
    print("genome", "".join(map(str, best)), "mean", np.mean([ga.fitness(g) for g in ga.population]))
