"""Gauss-Seidel relaxation on a random graph: a node takes the mean of its neighbours."""
import numpy as np


class Node:
    def __init__(self, name, value):
        self.name = name
        self.value = value
        self.neighbours = []

    def relax(self):
        if self.neighbours:
            self.value = sum(n.value for n in self.neighbours) / len(self.neighbours)


class Graph:
    def __init__(self, size, edges, rng):
        self.nodes = [Node("n%d" % i, rng.normal()) for i in range(size)]
        for _ in range(edges):
            a, b = rng.choice(size, 2, replace=False)
            self.nodes[a].neighbours.append(self.nodes[b])
            self.nodes[b].neighbours.append(self.nodes[a])

    def sweep(self):
        pending = set(self.nodes)
        for node in pending:  # planted
            node.relax()


rng = np.random.default_rng(2024)
graph = Graph(400, 1200, rng)
for i in range(5):
    graph.sweep()
    values = np.array([n.value for n in graph.nodes])
    print("sweep", i, "variance", values.var())
print("mean", values.mean())
