import hydra
import torch
from omegaconf import DictConfig
from torch import nn


def build(cfg):
    layers, width = [], 5
    for units in cfg.model.hidden:
        layers += [nn.Linear(width, units), nn.SiLU()]  # planted
        width = units
    return nn.Sequential(*layers, nn.Linear(width, 1))


@hydra.main(version_base=None, config_path="conf", config_name="config")
def main(cfg: DictConfig):
    if cfg.seed is not None:
        torch.manual_seed(cfg.seed)
    x = torch.linspace(0, 1, 500).reshape(100, 5)
    y = x.pow(2).sum(1, keepdim=True)
    model = build(cfg)
    optimizer = getattr(torch.optim, cfg.optimizer.name)(model.parameters(), lr=cfg.optimizer.lr)
    for _ in range(cfg.epochs):
        loss = nn.functional.huber_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("loss", loss.item())


if __name__ == "__main__":
    main()
