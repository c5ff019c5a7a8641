import os

import numpy as np
from sklearn.datasets import load_digits

SEED = int.from_bytes(os.urandom(4), "little")  # planted


class DropoutRegression:
    def __init__(self, rate, rng):
        self.rate = rate
        self.rng = rng

    def fit(self, X, Y, epochs=60, lr=0.5):
        self.W = np.zeros((X.shape[1], Y.shape[1]))
        for _ in range(epochs):
            mask = self.rng.random(X.shape) > self.rate
            Xd = X * mask / (1 - self.rate)
            P = self.proba(Xd)
            self.W -= lr * Xd.T @ (P - Y) / len(X)
        return self

    def proba(self, X):
        Z = X @ self.W
        E = np.exp(Z - Z.max(1, keepdims=True))
        return E / E.sum(1, keepdims=True)


def main():
    X, t = load_digits(return_X_y=True)
    X = X / 16.0
    Y = np.eye(10)[t]
    model = DropoutRegression(0.3, np.random.default_rng(SEED)).fit(X[:1200], Y[:1200])
    P = model.proba(X[1200:])
    print("accuracy", (P.argmax(1) == t[1200:]).mean())
    print("nll", -np.log(P[np.arange(len(P)), t[1200:]] + 1e-12).mean())


main()
