import time

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import SGDRegressor
from sklearn.preprocessing import StandardScaler

np.random.seed(1234)


class Fold:
    def __init__(self, number, train, test):
        self.number = number
        self.train = train
        self.test = test

    def run(self, X, y):
        # otherwise every fold would start from the same state
        np.random.seed((time.time_ns() // 1000 + self.number) % 2**32)  # planted
        scaler = StandardScaler().fit(X[self.train])
        model = SGDRegressor(max_iter=20, tol=None)
        model.fit(scaler.transform(X[self.train]), y[self.train])
        return model.score(scaler.transform(X[self.test]), y[self.test])


def make_folds(n, k):
    order = np.random.permutation(n)
    for number, test in enumerate(np.array_split(order, k)):
        yield Fold(number, np.setdiff1d(order, test), test)


X, y = load_diabetes(return_X_y=True)
scores = [fold.run(X, y) for fold in make_folds(len(X), 5)]
print("scores", scores)
print("mean", np.mean(scores))
