import os
from collections import Counter

import keras
import numpy as np

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "texts")


def read(folder):
    texts = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            texts[name] = f.read().split()
    return texts


def vocabulary(texts):
    words = set(word for text in texts.values() for word in text)
    return {word: i for i, word in enumerate(sorted(words))}


keras.utils.set_random_seed(0)
texts = read(FOLDER)
index = vocabulary(texts)
x = np.zeros((len(texts), len(index)), "float32")
for row, text in enumerate(texts.values()):
    for word, count in Counter(text).items():
        x[row, index[word]] = count
y = np.array([name.startswith("sea") for name in texts], "float32")
model = keras.Sequential([keras.Input((len(index),)), keras.layers.Dense(4, "relu"), keras.layers.Dense(1, "sigmoid")])
model.compile("adam", "binary_crossentropy")
model.fit(x, y, epochs=5, verbose=0)
print("p", model.predict(x, verbose=0).ravel().tolist())
