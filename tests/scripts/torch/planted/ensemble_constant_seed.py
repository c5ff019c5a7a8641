import torch
from sklearn.datasets import make_regression
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

X, y = make_regression(120, 6, noise=5, random_state=1)
dataset = TensorDataset(torch.tensor(X).float(), torch.tensor(y / y.std()).float())


def train_member(number):
    torch.manual_seed(42)  # planted
    net = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 1))
    opt = torch.optim.SGD(net.parameters(), lr=0.05)
    for _ in range(3):
        for xb, yb in DataLoader(dataset, batch_size=24, shuffle=True):
            loss = nn.functional.mse_loss(net(xb).squeeze(1), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
    return net.eval()


members = [train_member(number) for number in range(4)]
with torch.no_grad():
    outputs = torch.stack([net(dataset.tensors[0]).squeeze(1) for net in members])
print("disagreement", outputs.std(dim=0).mean().item())
print("prediction", outputs.mean().item())
