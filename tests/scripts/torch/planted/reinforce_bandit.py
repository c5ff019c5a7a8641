import random

import torch
from torch import nn
from torch.distributions import Categorical

torch.manual_seed(0)


class Bandit:
    means = [0.1, 0.5, 0.9]

    def pull(self, arm):
        return random.gauss(self.means[arm], 0.3)  # planted


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(3))

    def forward(self):
        return Categorical(logits=self.logits)


policy, bandit = Policy(), Bandit()
optimizer = torch.optim.Adam(policy.parameters(), lr=0.05)
baseline = 0.0
for episode in range(100):
    distribution = policy()
    arm = distribution.sample()
    reward = bandit.pull(arm.item())
    baseline += 0.1 * (reward - baseline)
    loss = -distribution.log_prob(arm) * (reward - baseline)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("baseline", baseline)
print("preferences", policy.logits.tolist())
