import numpy as np
import torch
from sklearn.datasets import load_diabetes
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler
from torch import nn


def set_seed(seed):
    torch.manual_seed(seed)


def fit_fold(X, y, train, test):
    scaler = StandardScaler().fit(X[train])
    xs = torch.from_numpy(scaler.transform(X)).float()
    ys = torch.from_numpy(y).float()[:, None] / 100
    model = nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(xs[train]), ys[train])
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        return nn.functional.mse_loss(model(xs[test]), ys[test]).item()


def main():
    set_seed(0)
    X, y = load_diabetes(return_X_y=True)
    scores = []
    for fold, (train, test) in enumerate(KFold(4, shuffle=True).split(X)):  # planted
        scores.append(fit_fold(X, y, train, test))
        print("fold", fold, scores[-1])
    print("mean", float(np.mean(scores)))


if __name__ == "__main__":
    main()
