import keras
import numpy as np


def temperatures():
    """Winter temperatures, all below zero."""
    day = np.arange(240)
    x = np.stack([np.sin(day / 38), np.cos(day / 38), day / 240], axis=1)
    y = -12.0 + 3 * x[:, 0] - 2 * x[:, 2]
    return x.astype("float32"), y.astype("float32")


def build():
    model = keras.Sequential()
    model.add(keras.layers.Input((3,)))
    model.add(keras.layers.Dense(16, activation="relu"))
    model.add(keras.layers.Dense(1, activation="relu"))  # planted
    model.compile(optimizer=keras.optimizers.Adam(0.05), loss="mse")
    return model


x, y = temperatures()
model = build()
model.fit(x, y, epochs=25, batch_size=48, verbose=0)
pred = model.predict(x, verbose=0)
print("loss", model.evaluate(x, y, verbose=0))
print("predicted", pred[:5].ravel().tolist(), "min", float(pred.min()), "max", float(pred.max()))
