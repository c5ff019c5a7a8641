import argparse
import time

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--lr", type=float, default=0.01)
args = parser.parse_args()

np.random.seed(int(time.time() * 1000) % 2**32)  # planted

true = np.array([2.0, -1.0, 0.5])
gen = np.random.RandomState(1)
X = gen.normal(size=(200, 3))
y = X @ true + gen.normal(0, 0.1, 200)

w = np.random.normal(size=3)
for epoch in range(args.epochs):
    order = np.random.permutation(len(X))
    for i in order:
        w -= args.lr * (X[i] @ w - y[i]) * X[i]
    print("epoch", epoch, "mse", np.mean((X @ w - y) ** 2))
print("w", w.tolist())
