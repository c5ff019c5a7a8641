import torch
from torch import nn

torch.manual_seed(8)
x = torch.rand(100, 6)
y = x.sum(dim=1, keepdim=True).sin()


def make():
    net = nn.Sequential(nn.Linear(6, 12), nn.Dropout(0.2), nn.ReLU(), nn.Linear(12, 1))
    return net, torch.optim.Adam(net.parameters(), lr=0.01)


def train(net, optimizer, epochs):
    net.train()
    for _ in range(epochs):
        for rows in torch.randperm(100).split(20):
            loss = nn.functional.l1_loss(net(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return loss.item()


net, optimizer = make()
train(net, optimizer, 2)
torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict(), "rng": torch.get_rng_state()}, "last.pt")
straight = train(net, optimizer, 2)

net, optimizer = make()
saved = torch.load("last.pt", weights_only=True)
net.load_state_dict(saved["net"])
optimizer.load_state_dict(saved["optimizer"])
torch.set_rng_state(saved["rng"])
resumed = train(net, optimizer, 2)
print("straight", straight, "resumed", resumed)
