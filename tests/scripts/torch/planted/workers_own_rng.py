import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)
np.random.seed(0)


class Jittered(Dataset):
    """Points on two circles, moved a little each time one is asked for."""

    def __init__(self, n=200):
        angle = np.linspace(0, 6.28, n)
        radius = np.where(np.arange(n) % 2, 1.0, 2.0)
        self.points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
        self.labels = np.arange(n) % 2

    def __len__(self):
        return len(self.points)

    def __getitem__(self, i):
        rng = np.random.default_rng()  # planted
        point = self.points[i] + rng.normal(0, 0.05, 2)
        return torch.tensor(point, dtype=torch.float32), int(self.labels[i])


if __name__ == "__main__":
    loader = DataLoader(Jittered(), batch_size=20, shuffle=True, num_workers=2)
    net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(2):
        total = 0.0
        for xb, yb in loader:
            opt.zero_grad()
            loss = nn.functional.cross_entropy(net(xb), yb)
            loss.backward()
            opt.step()
            total += loss.item()
        print("epoch", epoch, "loss", total / len(loader))
