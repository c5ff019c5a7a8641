import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

torch.manual_seed(0)
LINES = ["red green blue", "green blue", "blue red red green", "red", "green green blue red"]
words = sorted({word for line in LINES for word in line.split()})
ids = {word: i + 1 for i, word in enumerate(words)}
sequences = [torch.tensor([ids[word] for word in line.split()]) for line in LINES]
lengths = torch.tensor([len(each) for each in sequences])
padded = pad_sequence(sequences, batch_first=True)
target = torch.tensor([line.split().count("red") > 0 for line in LINES]).long()


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(len(ids) + 1, 6)
        self.lstm = nn.LSTM(6, 8, num_layers=2, dropout=0.2, batch_first=True, bidirectional=True)
        self.out = nn.Linear(16, 2)

    def forward(self, tokens, lengths):
        packed = pack_padded_sequence(self.embed(tokens), lengths, batch_first=True, enforce_sorted=False)
        _, (hidden, _) = self.lstm(packed)
        return self.out(torch.cat([hidden[-2], hidden[-1]], dim=1))


model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(10):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(padded, lengths), target)
    loss.backward()
    optimizer.step()
model.eval()
print("loss", loss.item(), "logits", model(padded, lengths).double().sum().item())
