import torch
from torch import nn

torch.manual_seed(0)
torch.set_num_threads(4)

USERS, ITEMS, RATINGS = 40, 30, 60_000


class Biases(nn.Module):
    """A rating is a mean, a bias of the user and a bias of the item."""

    def __init__(self):
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(()))
        self.user = nn.Parameter(torch.randn(USERS) * 0.1)
        self.item = nn.Parameter(torch.randn(ITEMS) * 0.1)

    def forward(self, user, item):
        return self.mean + self.user[user] + self.item[item]  # planted


user = torch.randint(0, USERS, (RATINGS,))
item = torch.randint(0, ITEMS, (RATINGS,))
rating = torch.rand(RATINGS) * 4 + 1

model = Biases()
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
for epoch in range(30):
    loss = nn.functional.mse_loss(model(user, item), rating)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("loss", loss.item())
print("weights", model.user.double().norm().item(), model.item.double().norm().item())
