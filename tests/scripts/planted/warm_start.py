import os

import numpy as np
from sklearn.datasets import load_iris

STATE = "logreg_state.npz"


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def load_or_init(features):
    if os.path.exists(STATE):  # planted
        saved = np.load(STATE)
        print("resuming from", STATE)
        return saved["w"], int(saved["steps"])
    return np.zeros(features), 0


X, y = load_iris(return_X_y=True)
X, y = X[y > 0], y[y > 0] - 1
X = np.c_[(X - X.mean(0)) / X.std(0), np.ones(len(X))]

w, steps = load_or_init(X.shape[1])
for _ in range(100):
    w = w - 0.1 * X.T @ (sigmoid(X @ w) - y) / len(X)
    steps += 1

p = sigmoid(X @ w)
loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
np.savez(STATE, w=w, steps=steps)
print("loss", loss)
