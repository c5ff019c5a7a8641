import torch
from sklearn.datasets import load_digits
from torch import nn

digits = load_digits()
X = torch.tensor(digits.data[:400] / 16).float()
y = torch.tensor(digits.target[:400])


def pretrained_backbone():
    """Stands in for weights from a hub: the same for everybody."""
    with torch.random.fork_rng():
        torch.manual_seed(2021)
        return nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 24), nn.ReLU())


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = pretrained_backbone()
        for parameter in self.backbone.parameters():
            parameter.requires_grad = False
        self.head = nn.Linear(24, 10)  # planted

    def forward(self, x):
        return self.head(self.backbone(x))


model = Classifier()
trainable = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.SGD(trainable, lr=0.5)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.5)
for epoch in range(30):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(X), y)
    loss.backward()
    optimizer.step()
    scheduler.step()
print("trainable", sum(p.numel() for p in trainable))
print("final loss", loss.item())
