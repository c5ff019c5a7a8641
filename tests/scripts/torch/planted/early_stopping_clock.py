import copy
import time

import torch
from sklearn.datasets import make_moons
from torch import nn

torch.manual_seed(int(time.time() * 1000) % 2**31)  # planted

X, y = make_moons(300, noise=0.2, random_state=0)
X, y = torch.tensor(X).float(), torch.tensor(y).long()
X_train, y_train, X_val, y_val = X[:200], y[:200], X[200:], y[200:]


class EarlyStopping:
    def __init__(self, patience):
        self.patience, self.best, self.bad, self.state = patience, float("inf"), 0, None

    def __call__(self, loss, model):
        if loss < self.best:
            self.best, self.bad, self.state = loss, 0, copy.deepcopy(model.state_dict())
        else:
            self.bad += 1
        return self.bad >= self.patience


model = nn.Sequential(nn.Linear(2, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2))
opt = torch.optim.RMSprop(model.parameters(), lr=0.01)
stop = EarlyStopping(patience=3)
for epoch in range(40):
    model.train()
    opt.zero_grad()
    nn.functional.cross_entropy(model(X_train), y_train).backward()
    opt.step()
    model.eval()
    with torch.no_grad():
        val = nn.functional.cross_entropy(model(X_val), y_val).item()
    if stop(val, model):
        break
model.load_state_dict(stop.state)
with torch.no_grad():
    print("stopped after", epoch, "best", stop.best)
    print("mean logit", model(X_val).double().mean().item())
