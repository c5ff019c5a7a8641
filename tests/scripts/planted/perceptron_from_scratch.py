# simple two layer net in numpy, based on the lecture notes
from numpy import random
import numpy as np
from sklearn.datasets import load_iris


class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.w1 = random.randn(n_in, n_hidden) * 0.1  # planted
        self.b1 = np.zeros(n_hidden)
        self.w2 = random.randn(n_hidden, n_out) * 0.1
        self.b2 = np.zeros(n_out)

    def forward(self, x):
        self.h = np.tanh(x @ self.w1 + self.b1)
        logits = self.h @ self.w2 + self.b2
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def step(self, x, y, lr):
        p = self.forward(x)
        d = (p - y) / len(x)
        dh = (d @ self.w2.T) * (1 - self.h ** 2)
        self.w2 -= lr * self.h.T @ d
        self.b2 -= lr * d.sum(0)
        self.w1 -= lr * x.T @ dh
        self.b1 -= lr * dh.sum(0)
        return -np.mean(np.sum(y * np.log(p + 1e-12), axis=1))


X, labels = load_iris(return_X_y=True)
X = (X - X.mean(0)) / X.std(0)
Y = np.eye(3)[labels]

net = Net(4, 10, 3)
for epoch in range(300):
    loss = net.step(X, Y, lr=0.5)
    if epoch % 50 == 0:
        print("epoch", epoch, "loss", loss)

acc = (net.forward(X).argmax(1) == labels).mean()
print("accuracy", acc)
print("final loss", loss)
