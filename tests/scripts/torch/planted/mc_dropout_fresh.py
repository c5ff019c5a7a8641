import torch
from sklearn.datasets import load_linnerud
from torch import nn

torch.manual_seed(11)

X, y = load_linnerud(return_X_y=True)
X = torch.tensor((X - X.mean(0)) / X.std(0)).float()
y = torch.tensor((y - y.mean(0)) / y.std(0)).float()

model = nn.Sequential(nn.Linear(3, 64), nn.ReLU(), nn.Dropout(p=0.3), nn.Linear(64, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(80):
    optimizer.zero_grad()
    loss = ((model(X) - y) ** 2).mean()
    loss.backward()
    optimizer.step()
print("trained to", loss.item())

# Monte Carlo dropout: other masks for each sample.
torch.seed()  # planted
with torch.no_grad():
    samples = torch.stack([model(X) for _ in range(20)])
print("uncertainty", samples.std(dim=0).double().mean().item())
