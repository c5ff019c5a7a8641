import keras
import numpy as np
from sklearn.datasets import load_digits


class MixupSequence(keras.utils.PyDataset):
    def __init__(self, x, y, batch_size, alpha=0.3, **kwargs):
        super().__init__(**kwargs)
        self.x, self.y = x, y
        self.batch_size = batch_size
        self.alpha = alpha
        self.rng = np.random.default_rng()  # planted

    def __len__(self):
        return len(self.x) // self.batch_size

    def __getitem__(self, i):
        s = slice(i * self.batch_size, (i + 1) * self.batch_size)
        x, y = self.x[s], self.y[s]
        lam = self.rng.beta(self.alpha, self.alpha)
        other = self.rng.permutation(len(x))
        return lam * x + (1 - lam) * x[other], lam * y + (1 - lam) * y[other]


def main():
    keras.utils.set_random_seed(2)
    x, t = load_digits(return_X_y=True)
    x = (x / 16).astype("float32")
    y = keras.utils.to_categorical(t, 10)
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    model.fit(MixupSequence(x[:1500], y[:1500], 50), epochs=2, shuffle=False, verbose=0)
    model.save("mixup.keras")
    loss, acc = model.evaluate(x[1500:], y[1500:], verbose=0)
    print("acc", acc, "loss", loss)


if __name__ == "__main__":
    main()
