import math

import torch
from torch import nn

torch.manual_seed(7)
LATENT = 4

noise = torch.Generator()
noise.seed()  # planted


def mlp(inputs, outputs):
    return nn.Sequential(nn.Linear(inputs, 32), nn.LeakyReLU(0.2), nn.Linear(32, outputs))


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp(LATENT, 2)

    def forward(self, z):
        return self.net(z)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp(2, 1)

    def forward(self, x):
        return self.net(x)


G, D = Generator(), Discriminator()
opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()
angle = torch.linspace(0, 2 * math.pi, 128)
real = torch.stack([angle.cos(), angle.sin()], dim=1)
ones, zeros = torch.ones(128, 1), torch.zeros(128, 1)

for step in range(40):
    fake = G(torch.randn(128, LATENT, generator=noise))
    opt_d.zero_grad()
    loss_d = bce(D(real), ones) + bce(D(fake.detach()), zeros)
    loss_d.backward()
    opt_d.step()

    opt_g.zero_grad()
    loss_g = bce(D(fake), ones)
    loss_g.backward()
    opt_g.step()

print("D", loss_d.item())
print("G", loss_g.item())
