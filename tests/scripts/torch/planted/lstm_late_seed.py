"""Next value of a noisy sine with an LSTM."""

import numpy as np
import torch
from torch import nn

WINDOW = 16


def make_windows(n=300):
    t = np.arange(n + WINDOW)
    series = np.sin(t / 5).astype("float32")
    x = np.stack([series[i : i + WINDOW] for i in range(n)])
    return torch.from_numpy(x).unsqueeze(-1), torch.from_numpy(series[WINDOW:])


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, 12, num_layers=2, batch_first=True, dropout=0.1)  # planted
        self.head = nn.Linear(12, 1)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.head(out[:, -1]).squeeze(-1)


def main():
    x, y = make_windows()
    net = Forecaster()
    torch.manual_seed(1234)
    opt = torch.optim.Adam(net.parameters(), lr=1e-2)
    loss_fn = nn.MSELoss()
    for epoch in range(4):
        for i in torch.randperm(len(x)).split(50):
            opt.zero_grad()
            loss = loss_fn(net(x[i]), y[i])
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
    net.eval()
    with torch.no_grad():
        print("rmse", torch.sqrt(loss_fn(net(x), y)).item())


if __name__ == "__main__":
    main()
