import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(14)
noise = tf.random.Generator.from_seed(14)


class Jitter(keras.layers.Layer):
    def __init__(self, amount):
        super().__init__()
        self.amount = amount
        self.seed_generator = keras.random.SeedGenerator()  # set_random_seed covers it

    def call(self, x, training=None):
        if training:
            x = x + self.amount * keras.random.normal(keras.ops.shape(x), seed=self.seed_generator)
        return x


images = noise.uniform((64, 6, 6, 1)).numpy()
labels = (images.mean(axis=(1, 2, 3)) > 0.5).astype("float32")
model = keras.Sequential(
    [
        keras.Input((6, 6, 1)),
        keras.layers.RandomFlip("horizontal"),
        Jitter(0.1),
        keras.layers.Flatten(),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy")
model.fit(images, labels, epochs=2, verbose=0)
print("loss", model.evaluate(images, labels, verbose=0))
