import torch
from sklearn.datasets import load_breast_cancer
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


def load_data(batch_size):
    X, y = load_breast_cancer(return_X_y=True)
    X = torch.as_tensor((X - X.mean(0)) / X.std(0)).float()
    dataset = TensorDataset(X, torch.as_tensor(y).float())
    train, val = random_split(dataset, [0.8, 0.2])  # planted
    return DataLoader(train, batch_size, shuffle=True), DataLoader(val, batch_size)


@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    hits = sum(((model(x).squeeze(1) > 0) == y.bool()).sum().item() for x, y in loader)
    return hits / len(loader.dataset)


train_loader, val_loader = load_data(32)

torch.manual_seed(42)
torch.cuda.manual_seed_all(42)
model = nn.Sequential(nn.Linear(30, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
loss_fn = nn.BCEWithLogitsLoss()
for epoch in range(3):
    model.train()
    running = 0.0
    for x, y in train_loader:
        loss = loss_fn(model(x).squeeze(1), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        running += loss.item() * len(x)
    print(f"epoch {epoch} train {running} val accuracy {evaluate(model, val_loader)}")
