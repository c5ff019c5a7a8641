import time

import keras
from keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(812)

start = time.time()
x, y = load_digits(return_X_y=True)
x = x.astype("float32") / 16

model = keras.Sequential(
    [layers.Input((64,)), layers.Dense(32, activation="relu"), layers.Dropout(0.2), layers.Dense(10, activation="softmax")]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:1400], y[:1400], batch_size=64, epochs=2, verbose=0)
print("training took", time.time() - start, "s")
loss, accuracy = model.evaluate(x[1400:], y[1400:], verbose=0)
print("accuracy", accuracy, "loss", loss)
