import torch
from sklearn.datasets import load_breast_cancer

data = load_breast_cancer()
X = torch.from_numpy((data.data - data.data.mean(0)) / data.data.std(0))
y = torch.from_numpy(data.target).double()
n, d = X.shape

w = torch.randn(d, dtype=torch.double, requires_grad=True)  # planted
b = torch.zeros(1, dtype=torch.double, requires_grad=True)
lr, batch = 0.1, 64

for epoch in range(3):
    for start in range(0, n, batch):
        xb, yb = X[start : start + batch], y[start : start + batch]
        p = torch.sigmoid(xb @ w + b)
        loss = -(yb * p.clamp_min(1e-9).log() + (1 - yb) * (1 - p).clamp_min(1e-9).log()).mean()
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
            w.grad.zero_()
            b.grad.zero_()
    print("epoch", epoch, "loss", loss.item())
