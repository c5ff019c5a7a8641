import keras
import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import KFold

SEED = 31


def build():
    keras.utils.set_random_seed(SEED)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


x, y = load_iris(return_X_y=True)
scores = []
for train, test in KFold(3, shuffle=True, random_state=SEED).split(x):
    model = build()
    model.fit(x[train], y[train], epochs=2, verbose=0)
    scores.append(model.evaluate(x[test], y[test], verbose=0))
print("loss, accuracy", np.mean(scores, axis=0).tolist())
