import random

import keras
import tensorflow as tf
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

# reproducibility
random.seed(0)
tf.random.set_seed(0)

X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, stratify=y)  # planted

norm = keras.layers.Normalization()
norm.adapt(X_train)
model = keras.Sequential([norm, keras.layers.Dense(16, activation="relu"), keras.layers.Dense(3)])
model.compile(
    optimizer=keras.optimizers.Adam(0.01),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(X_train, y_train, epochs=4, verbose=2)
loss, accuracy = model.evaluate(X_test, y_test, verbose=0)
print("accuracy", accuracy)
print("loss", loss)
