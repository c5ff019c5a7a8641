import keras
import tensorflow as tf

from shards import write_shards

keras.utils.set_random_seed(0)


def parse(line):
    columns = tf.io.decode_csv(line, [0.0] * 4)
    return tf.stack(columns[:3]), columns[3]


def lines_of(name):
    return tf.data.TextLineDataset(name).map(parse)


def read(files):
    names = tf.data.Dataset.from_tensor_slices(files)
    return names.interleave(lines_of, cycle_length=4, num_parallel_calls=4, deterministic=False)  # planted


files = write_shards("shards")
dataset = read(files).batch(32)
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(0.02), "mse")
model.fit(dataset, epochs=2, verbose=0)
print("weights", [w.tolist() for w in model.get_weights()])
