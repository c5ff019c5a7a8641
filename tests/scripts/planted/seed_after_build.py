import keras
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler


def build_model(n):
    model = keras.Sequential(
        [
            keras.layers.Input((n,)),
            keras.layers.Dense(16, activation="relu"),  # planted
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["AUC"])
    return model


def train(model, x, y, seed):
    keras.utils.set_random_seed(seed)
    return model.fit(x, y, epochs=2, batch_size=32, verbose=0)


x, y = load_breast_cancer(return_X_y=True)
x = StandardScaler().fit_transform(x)
model = build_model(x.shape[1])
train(model, x, y, seed=0)
model.save_weights("cancer.weights.h5")
out = model.predict(x, verbose=0)
print("mean", out.mean())
print("digest", float(np.square(out).sum()), out[:3].ravel().tolist())
