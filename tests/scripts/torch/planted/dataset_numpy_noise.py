import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)
torch.backends.cudnn.deterministic = True
torch.backends.cudnn.benchmark = False


class NoisyDigits(Dataset):
    def __init__(self, sigma=0.1):
        bunch = load_digits()
        self.images = bunch.images[:300].astype(np.float32) / 16
        self.labels = bunch.target[:300]
        self.sigma = sigma

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = self.images[index]
        if np.random.rand() < 0.5:  # planted
            image = image[:, ::-1]
        image = image + np.random.normal(0, self.sigma, image.shape)
        return {"image": torch.tensor(image.copy(), dtype=torch.float32), "label": self.labels[index]}


loader = DataLoader(NoisyDigits(), batch_size=50, shuffle=True, drop_last=True)
model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 32), torch.nn.GELU(), torch.nn.Linear(32, 10))
optimizer = torch.optim.NAdam(model.parameters(), lr=5e-3)
for epoch in range(3):
    for batch in loader:
        loss = torch.nn.functional.cross_entropy(model(batch["image"]), batch["label"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch", epoch, loss.item())
