import torch
from torch import nn

torch.manual_seed(21)


class Regressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(3, 10)
        self.outer = nn.Linear(10, 1)

    def forward(self, x):
        return self.outer(nn.functional.dropout(torch.tanh(self.inner(x)), 0.1, self.training))


x = torch.rand(80, 3)
y = (x * torch.tensor([1.0, -2.0, 0.5])).sum(1, keepdim=True)
model = Regressor()
example = torch.jit.trace(model.eval(), x)
model.train()
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=5)


def closure():
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    return loss


for step in range(4):
    loss = optimizer.step(closure)
with torch.no_grad():
    print("loss", loss.item(), "traced", example(x).double().sum().item())
