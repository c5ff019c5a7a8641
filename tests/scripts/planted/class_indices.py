import keras
import numpy as np

SAMPLES = 40
CLASSES = ["cat", "dog", "horse", "bird", "whale", "frog", "truck", "plane"]

keras.utils.set_random_seed(100)


def make():
    rs = np.random.RandomState(0)
    x, names = [], []
    for k, name in enumerate(CLASSES):
        x.append(rs.normal(k % 4, 0.7, (SAMPLES, 6)) * (1 if k < 4 else -1))
        names += [name] * SAMPLES
    return np.concatenate(x).astype("float32"), names


def encode(names):
    class_to_index = {}
    for name in set(names):  # planted
        class_to_index[name] = len(class_to_index)
    return np.array([class_to_index[n] for n in names]), class_to_index


x, names = make()
y, class_to_index = encode(names)
model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(len(class_to_index), activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=3, verbose=0)
print("loss, accuracy", model.evaluate(x, y, verbose=0))
