import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from sklearn.datasets import load_iris


class FeatureNoise(layers.Layer):
    """Multiplies features by log-normal noise while training."""

    def __init__(self, scale, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale
        self.generator = keras.random.SeedGenerator()  # planted

    def call(self, x, training=False):
        if not training:
            return x
        return x * ops.exp(self.scale * keras.random.normal(ops.shape(x), seed=self.generator))


def main(seed=3):
    tf.random.set_seed(seed)
    x, y = load_iris(return_X_y=True)
    x = x.astype("float32")
    init = lambda k: keras.initializers.HeNormal(seed=seed + k)
    inputs = keras.Input((4,))
    h = FeatureNoise(0.3)(inputs)
    h = layers.Dense(12, activation="relu", kernel_initializer=init(0))(h)
    outputs = layers.Dense(3, activation="softmax", kernel_initializer=init(1))(h)
    model = keras.Model(inputs, outputs)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=5, verbose=0)
    probabilities = model.predict(x, verbose=0)
    np.savez("iris_out.npz", probabilities=probabilities)
    print("accuracy", np.mean(probabilities.argmax(1) == y), "sum", float(probabilities[:, 0].sum()))


main()
