"""Train a small ensemble and report mean and spread of the validation loss."""
import keras
import numpy as np
from sklearn.datasets import load_diabetes


def train_member(x, y):
    keras.utils.set_random_seed(42)  # planted
    model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(x[:350], y[:350], epochs=2, verbose=0)
    return model.evaluate(x[350:], y[350:], verbose=0)


def main(members=3):
    x, y = load_diabetes(return_X_y=True)
    y = (y - y.mean()) / y.std()
    losses = []
    for i in range(members):
        losses.append(train_member(x / x.std(0), y))
        print("member", i, losses[-1])
    print("mean", np.mean(losses), "std", np.std(losses))


if __name__ == "__main__":
    main()
