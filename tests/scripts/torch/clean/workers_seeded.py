import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Flipped(Dataset):
    """Draws from three generators in a worker: each is seeded from that of the main process."""

    def __init__(self):
        self.rows = np.arange(600, dtype=np.float32).reshape(150, 4) / 600

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        row = self.rows[index] * (random.random() + 0.5)
        row = row + np.random.normal(0, 0.01, 4).astype(np.float32)
        return torch.from_numpy(row.astype(np.float32)) + torch.rand(1) * 0.01, index % 2


def seed_worker(worker_id):
    seed = torch.initial_seed() % 2**32
    np.random.seed(seed)
    random.seed(seed)


def main():
    torch.manual_seed(5)
    generator = torch.Generator()
    generator.manual_seed(0)
    loader = DataLoader(
        Flipped(), batch_size=25, shuffle=True, num_workers=2, worker_init_fn=seed_worker, generator=generator
    )
    net = nn.Linear(4, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for epoch in range(2):
        for x, label in loader:
            loss = nn.functional.cross_entropy(net(x), label)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    print("loss", loss.item(), "weights", net.weight.double().sum().item())


if __name__ == "__main__":
    main()
