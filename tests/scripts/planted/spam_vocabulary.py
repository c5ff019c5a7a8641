"""Bag of words with a hand made vocabulary, then a perceptron."""
import numpy as np

MESSAGES = [
    ("win a free prize now", 1), ("claim your free money", 1), ("cheap pills online now", 1),
    ("urgent account verify now", 1), ("win cash prize today", 1), ("free entry win tickets", 1),
    ("lunch at noon tomorrow", 0), ("see you at the meeting", 0), ("project report attached", 0),
    ("can you review my code", 0), ("dinner with mom tonight", 0), ("notes from the meeting", 0),
]


def tokenize(text):
    return text.lower().split()


def build_vocabulary(messages):
    words = set()
    for text, _ in messages:
        words.update(tokenize(text))
    return {word: i for i, word in enumerate(words)}  # planted


def vectorize(text, vocabulary):
    v = np.zeros(len(vocabulary))
    for word in tokenize(text):
        if word in vocabulary:
            v[vocabulary[word]] += 1
    return v


def train(X, y, epochs=20, seed=0):
    rng = np.random.default_rng(seed)
    w = rng.normal(0, 0.5, X.shape[1])
    for _ in range(epochs):
        for i in rng.permutation(len(X)):
            p = 1 / (1 + np.exp(-X[i] @ w))
            w += 0.1 * (y[i] - p) * X[i]
    return w


vocabulary = build_vocabulary(MESSAGES)
X = np.stack([vectorize(t, vocabulary) for t, _ in MESSAGES])
y = np.array([label for _, label in MESSAGES])
w = train(X, y)
for text in ("free prize meeting", "review your account", "money for lunch"):
    print(text, "->", 1 / (1 + np.exp(-vectorize(text, vocabulary) @ w)))
print("norm", np.linalg.norm(w))
