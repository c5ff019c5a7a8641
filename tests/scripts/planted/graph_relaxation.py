"""Heat that flows along the edges of a random graph."""
import numpy as np


class Node:
    def __init__(self, name, heat):
        self.name = name
        self.heat = heat


class Graph:
    def __init__(self, size, edges, rng):
        self.nodes = [Node("n%d" % i, rng.normal()) for i in range(size)]
        self.edges = set()
        while len(self.edges) < edges:
            a, b = sorted(rng.choice(size, 2, replace=False))
            self.edges.add((self.nodes[a], self.nodes[b]))  # no edge twice

    def sweep(self, rate=0.3):
        for a, b in self.edges:  # planted
            flow = rate * (a.heat - b.heat)
            a.heat -= flow
            b.heat += flow


rng = np.random.default_rng(2024)
graph = Graph(100, 250, rng)
for i in range(5):
    graph.sweep()
    heat = np.array([n.heat for n in graph.nodes])
    print("sweep", i, "variance", heat.var())
print("hottest", max(graph.nodes, key=lambda n: n.heat).name, "energy", np.square(heat).sum())
