import torch
from sklearn.datasets import load_wine
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

X, y = load_wine(return_X_y=True)
X = torch.tensor((X - X.mean(axis=0)) / X.std(axis=0), dtype=torch.float32)
y = torch.tensor(y)
# two classes only, 20 to 71
keep = torch.cat([torch.where(y == 0)[0][:20], torch.where(y == 1)[0]])
X, y = X[keep], y[keep]

weights = 1.0 / torch.bincount(y)[y].float()
sampler = WeightedRandomSampler(weights, num_samples=len(y), replacement=True)
loader = DataLoader(TensorDataset(X, y), batch_size=16, sampler=sampler)

classifier = torch.nn.Linear(13, 2)
torch.nn.init.zeros_(classifier.weight)
torch.nn.init.zeros_(classifier.bias)
optimizer = torch.optim.SGD(classifier.parameters(), lr=0.05)
for epoch in range(5):
    for features, target in loader:  # planted
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(classifier(features), target)
        loss.backward()
        optimizer.step()
print("weights", classifier.weight.detach().double().norm().item())
