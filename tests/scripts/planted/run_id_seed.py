import json
import uuid

import numpy.random as npr
from sklearn.datasets import make_moons
from sklearn.neural_network import MLPClassifier


class Run:
    """Every run gets an id; its seed is made from it so that it can be repeated."""

    def __init__(self):
        self.id = uuid.uuid4().hex  # planted
        self.seed = int(self.id[:8], 16)
        self.metrics = {}

    def log(self, **values):
        self.metrics.update(values)

    def save(self):
        with open("run.json", "w") as f:
            json.dump({"seed": self.seed, **self.metrics}, f)


X, y = make_moons(200, noise=0.25, random_state=0)
run = Run()
npr.seed(run.seed)
clf = MLPClassifier((8,), max_iter=60, tol=0, n_iter_no_change=100, solver="sgd", learning_rate_init=0.1)
clf.fit(X, y)
run.log(loss=clf.loss_, accuracy=clf.score(X, y))
run.save()
print("loss", run.metrics["loss"])
