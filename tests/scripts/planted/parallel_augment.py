import keras
import numpy as np
import tensorflow as tf

AUTOTUNE = tf.data.AUTOTUNE
keras.utils.set_random_seed(4)


def augment(image, label):
    noise = tf.random.normal(tf.shape(image), stddev=0.3)
    factor = tf.random.uniform([], 0.5, 1.5)
    return image * factor + noise, label


def make_dataset(images, labels):
    ds = tf.data.Dataset.from_tensor_slices((images, labels))
    ds = ds.map(augment, num_parallel_calls=8)  # planted
    return ds.batch(64).prefetch(AUTOTUNE)


rows = np.arange(1600, dtype="float32")
images = np.sin(rows[:, None] * np.linspace(0.01, 1, 64, dtype="float32")[None])
labels = (rows.astype(int) // 7) % 2
model = keras.Sequential([keras.layers.Input((64,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1)])
model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
model.fit(make_dataset(images, labels), epochs=2, verbose=0)
print("loss", model.evaluate(images, labels, verbose=0))
