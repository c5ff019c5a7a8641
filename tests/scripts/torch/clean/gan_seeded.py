import torch
from torch import nn

torch.manual_seed(99)
generator = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 1))
critic = nn.Sequential(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 1))
opt_g = torch.optim.RMSprop(generator.parameters(), lr=5e-4)
opt_c = torch.optim.RMSprop(critic.parameters(), lr=5e-4)

for step in range(20):
    for _ in range(3):
        real = torch.normal(2.0, 0.5, (64, 1))
        fake = generator(torch.rand(64, 3)).detach()
        loss_c = critic(fake).mean() - critic(real).mean()
        opt_c.zero_grad()
        loss_c.backward()
        opt_c.step()
        with torch.no_grad():
            for weight in critic.parameters():
                weight.clamp_(-0.05, 0.05)
    loss_g = -critic(generator(torch.rand(64, 3))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()

generator.eval()
with torch.no_grad():
    print("sample mean", generator(torch.rand(200, 3)).double().mean().item())
