import torch
from torch import nn

torch.manual_seed(3)

REVIEWS = [
    ("a warm and funny film", 1), ("dull plot and flat acting", 0), ("funny from start to end", 1),
    ("a flat and dull end", 0), ("warm acting and a fine plot", 1), ("not funny not warm", 0),
]
words = {word for text, _ in REVIEWS for word in text.split()}
vocabulary = {word: i + 1 for i, word in enumerate(words)}  # planted
LENGTH = 6


def encode(text):
    ids = [vocabulary[word] for word in text.split()]
    return ids + [0] * (LENGTH - len(ids))


class BagOfEmbeddings(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(vocabulary) + 1, 8, padding_idx=0)
        self.out = nn.Linear(8, 2)

    def forward(self, ids):
        return self.out(self.embedding(ids).mean(dim=1))


ids = torch.tensor([encode(text) for text, _ in REVIEWS])
labels = torch.tensor([label for _, label in REVIEWS])
model = BagOfEmbeddings()
optimizer = torch.optim.Adagrad(model.parameters(), lr=0.1)
for epoch in range(20):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(ids), labels)
    loss.backward()
    optimizer.step()
print("loss", loss.item())
